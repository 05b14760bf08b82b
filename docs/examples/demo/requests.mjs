import { setTimeout as sleep } from "node:timers/promises";

const TIMEOUT = 30_000;
const CALLERS = 8;
const VISITS = 12;
const BUYERS = 8;
const TRIES = 100;

/**
 * What was asked of the service, and what came of it.
 * @typedef {{ what: string, expected: string, got: string, isRight: boolean }} Outcome
 */

/** @param {string} url */
function createClient(url) {
  return async (/** @type {string} */ method, /** @type {string} */ path, name = "", signal = AbortSignal.timeout(TIMEOUT)) => {
    const response = await fetch(`${url}${path}?name=${encodeURIComponent(name)}`, { method, signal });
    return response.json();
  };
}

/** @param {number} count
 * @param {(index: number) => Promise<unknown>} send
 */
function sendAtOnce(count, send) {
  return Promise.all(Array.from({ length: count }, (_, index) => send(index)));
}

/** @typedef {ReturnType<typeof createClient>} Client */

/** @param {Client} request
 * @returns {Promise<Outcome>}
 */
async function askAtOnce(request) {
  await sendAtOnce(CALLERS, () => request("GET", "/ask", "acme"));
  const { opened } = await request("GET", "/stats");
  return { what: `${CALLERS} requests of one tenant share a connection`, expected: "1", got: `${opened} opened`, isRight: opened === 1 };
}

/** @param {Client} request
 * @returns {Promise<Outcome>}
 */
async function visitAtOnce(request) {
  await sendAtOnce(VISITS, () => request("POST", "/visit", "home"));
  const counted = await request("GET", "/visits", "home");
  return { what: `${VISITS} visits are counted`, expected: `${VISITS}`, got: `${counted} counted`, isRight: counted === VISITS };
}

/** @param {Client} request
 * @returns {Promise<Outcome>}
 */
async function buyAtOnce(request) {
  const { seats } = await request("GET", "/stats");
  await sendAtOnce(BUYERS, (index) => request("POST", "/seat", `user${index}`));
  const { sold } = await request("GET", "/stats");
  return { what: `${BUYERS} users want one of ${seats} seats`, expected: `${seats}`, got: `${sold} sold`, isRight: sold === seats };
}

/** A second report calls off the first one, which cleans up behind itself.
 * @param {Client} request
 * @returns {Promise<Outcome>}
 */
async function reportTwice(request) {
  const enough = new AbortController();
  const first = request("POST", "/report", "ann");
  for (let i = 0; i < TRIES && !(await request("GET", "/report", "ann")); i++) await sleep(20);
  const second = request("POST", "/report", "ann", enough.signal).catch(() => undefined);
  await first;
  const isKnown = await request("GET", "/report", "ann");
  enough.abort();
  await second;
  return { what: "the second report of a user is still known", expected: "running", got: isKnown ? "running" : "forgotten", isRight: isKnown };
}

/** Fires concurrent requests at the service.
 * @param {string} url
 * @returns {Promise<Outcome[]>}
 */
export async function fire(url) {
  const request = createClient(url);
  return [await askAtOnce(request), await visitAtOnce(request), await buyAtOnce(request), await reportTwice(request)];
}
