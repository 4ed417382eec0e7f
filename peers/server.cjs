// The page by Node's own http:
// node server.cjs HOST PORT PAGE_FILE BACKLOG KEEP_ALIVE REQUEST_TIMEOUT_S
const [host, port, file, backlog, keepAlive, timeout] = process.argv.slice(2);
const page = require("fs").readFileSync(file);
const headers = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Length": page.length,
  ...(keepAlive === "True" ? {} : { Connection: "close" }),
};
// Essential: the event loop calls this for each request.
const server = require("http").createServer((request, response) => {
  response.writeHead(200, headers);
  response.end(page);
});
// End of the essential lines.
server.keepAliveTimeout = Math.ceil(Number(timeout) * 1000); // ms
server.listen({ host, port: Number(port), backlog: Number(backlog) });
