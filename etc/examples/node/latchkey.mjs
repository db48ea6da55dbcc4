// A client of Latchkey: is this credential good, and whose is it? Node 18 or later, without packages.
// fetch keeps connections open and shares them among all requests of the process.
import diagnostics from "node:diagnostics_channel";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const ATTEMPTS = 3; // of one question
const TOTAL = 3000; // ms for all of them and the pauses between them
const ATTEMPT = 1500; // ms, to connect and to read the whole answer

// It is not known whether the credential is good. Let nobody in: answer 503 with Retry-After.
export class Undecided extends Error {
  constructor(why, { retryAfter = 1, again = false, wait = retryAfter } = {}) {
    super(`Latchkey has not decided: ${why}`);
    Object.assign(this, { retryAfter, again, wait });
  }
}

// The verdict. The credential is good only if its `valid` is true.
// Verifying changes nothing, so a question is safe to repeat, also one whose connection was closed meanwhile.
export async function ask(endpoint, question) {
  const ends = performance.now() + TOTAL;
  for (let attempt = 1; ; attempt++) {
    try {
      return await exchange(endpoint, question, Math.min(ATTEMPT, ends - performance.now()));
    } catch (error) {
      // Jitter, so that the callers do not all come back at once.
      const wait = Math.max(1000 * error.wait, 50 * 2 ** attempt) * (1 + Math.random() / 4);
      if (!error.again || attempt === ATTEMPTS || performance.now() + wait >= ends) throw error;
      await sleep(wait);
    }
  }
}

async function exchange(endpoint, question, ms) {
  let answer, text;
  try {
    answer = await fetch(`${process.env.LATCHKEY_URL}/api/v1/auth/${endpoint}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(question),
      redirect: "error", // a credential goes nowhere else
      signal: AbortSignal.timeout(Math.ceil(Math.max(ms, 1))),
    });
    text = await answer.text(); // to its end, so that the connection can be used again
  } catch (error) {
    throw new Undecided(error.cause?.code ?? error.name, { again: true, wait: 0 });
  }
  if (answer.status === 200) return JSON.parse(text);
  if (answer.status !== 429 && answer.status < 500)
    throw new Error(`Latchkey does not take the question: ${answer.status}`); // a mistake in this program
  const seconds = answer.headers.get("Retry-After") ?? "";
  const retryAfter = /^\d+$/.test(seconds) ? Number(seconds) : 1;
  throw new Undecided(answer.status, { retryAfter, again: answer.status === 503 });
}

async function main() {
  let connections = 0; // that were opened
  diagnostics.channel("undici:client:connected").subscribe(() => connections++);
  const key = { api_key: process.env.DEMO_API_KEY };
  const token = { token: process.env.DEMO_TOKEN };
  console.log("key:", (await ask("verify-api-key", key)).code);
  console.log("token:", (await ask("verify-token", token)).code);
  const bad = { type: "api_key", api_key: "wrong" };
  const items = [{ type: "api_key", ...key }, { type: "token", ...token }, bad];
  const { results } = await ask("verify-batch", { items });
  console.log("batch:", ...results.map((verdict) => verdict.code));
  for (let i = 0; i < 20; i++) await ask("verify-api-key", key);
  console.log("23 questions, connections opened:", connections);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
