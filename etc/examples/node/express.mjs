// An Express middleware: only callers with a good API key or token get in. It needs the package express.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { ask, Undecided } from "./latchkey.mjs";

const NO_CREDENTIAL = "NO_CREDENTIAL";
const NO_ORGANIZATION = "NO_ORGANIZATION";
const FORBIDDEN = ["INSUFFICIENT_SCOPES", "IP_NOT_ALLOWED", "ORGANIZATION_DISABLED", NO_ORGANIZATION];

// RFC 6750: 401 for a credential that is not good, 403 for a good one that may not do this.
function refuse(response, code) {
  if (code === "RATE_LIMITED") return response.set("Retry-After", "1").status(429).json({ code });
  if (FORBIDDEN.includes(code)) return response.status(403).json({ code });
  const error = code === NO_CREDENTIAL ? "" : ' error="invalid_token"';
  response.set("WWW-Authenticate", `Bearer${error}`).status(401).json({ code });
}

// The question about the request's credential; undefined if it has none, or two.
function question(request, scopes) {
  const key = request.get("X-API-Key");
  const token = /^Bearer +(\S+)$/i.exec(request.get("Authorization") ?? "")?.[1];
  if ((key === undefined) === (token === undefined)) return undefined;
  if (token !== undefined) return ["verify-token", { token, scopes }];
  return ["verify-api-key", { api_key: key, scopes, ip: request.ip }]; // for keys with a list of addresses
}

// Lets callers in who have all of these scopes. Then `request.caller` says who it is. Good credentials of all
// organizations get in: show each caller its own organization's data.
export function callerWith(...scopes) {
  return async (request, response, next) => {
    try {
      const about = question(request, scopes);
      if (!about) return refuse(response, NO_CREDENTIAL);
      const verdict = await ask(...about);
      if (verdict.valid !== true) return refuse(response, verdict.code);
      if (verdict.organization_id === null) return refuse(response, NO_ORGANIZATION); // of a foreign token
      request.caller = {
        subject: verdict.subject ?? verdict.key_id,
        organizationId: verdict.organization_id,
        scopes: verdict.scopes,
      };
    } catch (error) {
      if (!(error instanceof Undecided)) return next(error);
      return response.set("Retry-After", `${error.retryAfter}`).status(503).json({ code: "UNAVAILABLE" });
    }
    next();
  };
}

function main() {
  const app = createRequire(import.meta.url)("express")(); // of npm, or of Debian's node-express
  app.get("/devices", callerWith("devices:read"), (request, response) =>
    response.json({ organization_id: request.caller.organizationId, devices: [] }),
  );
  app.listen(Number(process.env.PORT ?? 8000), "127.0.0.1");
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main();
