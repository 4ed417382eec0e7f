# nginx as an ordinary user, with all that it writes in a folder of its own:
# sh nginx.sh HOST PORT PAGE_FILE BACKLOG KEEP_ALIVE REQUEST_TIMEOUT_S CORES FOLDER
set -eu
case $1 in *:*) host="[$1]" ;; *) host=$1 ;; esac
# nginx takes no fractions: a time is written in whole milliseconds.
keep_alive=0
[ "$5" = True ] && keep_alive=$(awk "BEGIN { printf \"%dms\", $6 * 1000 + 0.999 }")
PATH=$PATH:/usr/sbin # where packages put it, and users do not look
cat > "$8/nginx.conf" <<END
daemon off;
worker_processes $7;
worker_rlimit_nofile $(ulimit -n);
pid "$8/pid";
error_log stderr;
events { worker_connections $(($(ulimit -n) / 2)); }
http {
  access_log off;
  default_type text/html;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout $keep_alive;
  keepalive_requests 1000000000;
  client_body_temp_path "$8/body";
  proxy_temp_path "$8/proxy";
  fastcgi_temp_path "$8/fastcgi";
  uwsgi_temp_path "$8/uwsgi";
  scgi_temp_path "$8/scgi";
  server {
    listen $host:$2 backlog=$4;
    root "$(dirname "$3")";
    location = / { try_files "/$(basename "$3")" =404; }
  }
}
END
exec nginx -e stderr -p "$8" -c "$8/nginx.conf"
