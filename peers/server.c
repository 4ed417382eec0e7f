/* The page by a thread per connection: server HOST PORT PAGE_FILE BACKLOG
 *
 * A connection is closed after its response. Any request that ends with an empty line
 * is answered with the page: no more HTTP than a comparison needs, and not to be used
 * for anything else.
 */
#define _GNU_SOURCE
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 65536, STACK = 128 * 1024 };
static char *answer;
static size_t length;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void *serve(void *given) {
    int client = (int)(long)given;
    char request[8192];
    size_t had = 0;
    struct timeval limit = {.tv_sec = 10};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    while (had < sizeof request) {
        ssize_t got = recv(client, request + had, sizeof request - had, 0);
        if (got <= 0) break;
        had += got;
        if (!memmem(request, had, "\r\n\r\n", 4)) continue;
        for (size_t sent = 0; sent < length;) {
            ssize_t now = send(client, answer + sent, length - sent, MSG_NOSIGNAL);
            if (now <= 0) break;
            sent += now;
        }
        break;
    }
    close(client);
    return NULL;
}

static void read_page(const char *name) {
    char *page = malloc(MOST);
    FILE *file = fopen(name, "rb");
    if (!file) fail(name);
    size_t size = fread(page, 1, MOST, file);
    if (size == MOST) {
        fprintf(stderr, "%s has %d bytes or more\n", name, MOST);
        exit(1);
    }
    fclose(file);
    answer = malloc(size + 200);
    length = sprintf(answer,
                     "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
                     "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                     size);
    memcpy(answer + length, page, size);
    length += size;
    free(page);
}

int main(int count, char **words) {
    if (count != 5) {
        fprintf(stderr, "usage: server HOST PORT PAGE_FILE BACKLOG\n");
        return 2;
    }
    read_page(words[3]);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *at;
    int wrong = getaddrinfo(words[1], words[2], &hints, &at);
    if (wrong) {
        fprintf(stderr, "%s: %s\n", words[1], gai_strerror(wrong));
        return 1;
    }
    int on = 1, listener = socket(at->ai_family, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, at->ai_addr, at->ai_addrlen)) fail("bind");
    if (listen(listener, atoi(words[4]))) fail("listen");
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    /* Essential: the main thread accepts, and a new thread serves that connection. */
    for (;;) {
        pthread_t thread;
        int client = accept(listener, NULL, NULL);
        if (client < 0) usleep(1000); /* out of descriptors, or one that has gone */
        else if (pthread_create(&thread, &small, serve, (void *)(long)client))
            close(client);
    }
    /* End of the essential lines. */
}
