# nginx as an ordinary user, with all that it writes in a folder of its own:
# sh nginx.sh HOST PORT PAGE_FILE BACKLOG KEEP_ALIVE CORES FOLDER
set -eu
case $1 in *:*) host="[$1]" ;; *) host=$1 ;; esac
[ "$5" = True ] && keep_alive=65 || keep_alive=0
PATH=$PATH:/usr/sbin # where packages put it, and users do not look
cat > "$7/nginx.conf" <<END
daemon off;
worker_processes $6;
worker_rlimit_nofile $(ulimit -n);
pid "$7/pid";
error_log stderr;
events { worker_connections $(($(ulimit -n) / 2)); }
http {
  access_log off;
  default_type text/html;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout $keep_alive;
  keepalive_requests 1000000000;
  client_body_temp_path "$7/body";
  proxy_temp_path "$7/proxy";
  fastcgi_temp_path "$7/fastcgi";
  uwsgi_temp_path "$7/uwsgi";
  scgi_temp_path "$7/scgi";
  server {
    listen $host:$2 backlog=$4;
    root "$(dirname "$3")";
    location = / { try_files "/$(basename "$3")" =404; }
  }
}
END
exec nginx -e stderr -p "$7" -c "$7/nginx.conf"
