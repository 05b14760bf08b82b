import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { countOpened } from "./backend.js";
import { isReporting, startReport } from "./reports.js";
import { buySeat, countSold, SEATS } from "./seats.js";
import { ask } from "./sessions.js";
import { countVisit, getVisits } from "./visits.js";

type Handler = (name: string) => unknown;

const ROUTES: Readonly<Record<string, Handler>> = {
  "GET /ask": (tenant) => ask(tenant, "select 1"),
  "POST /visit": (page) => countVisit(page),
  "GET /visits": (page) => getVisits(page),
  "POST /seat": (user) => buySeat(user),
  "POST /report": (user) => startReport(user),
  "GET /report": (user) => isReporting(user),
  "GET /stats": () => ({ opened: countOpened(), sold: countSold(), seats: SEATS }),
};

async function answer(request: IncomingMessage): Promise<{ readonly status: number; readonly body: unknown }> {
  const url = new URL(request.url ?? "/", "http://service");
  const handler = ROUTES[`${request.method} ${url.pathname}`];
  if (!handler) return { status: 404, body: "not found" };
  try {
    return { status: 200, body: (await handler(url.searchParams.get("name") ?? "")) ?? null };
  } catch (error) {
    return { status: 500, body: error instanceof Error ? error.message : "failed" };
  }
}

const server = createServer((request, response) => {
  void answer(request).then(({ status, body }) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
});

server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  console.log(`http://127.0.0.1:${port}`);
});
