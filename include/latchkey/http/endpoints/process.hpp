#pragma once
// What the process says about itself.

namespace latchkey::http {

class exchange;
class public_api;
class status_source;

/// GET /: the list of endpoints.
void index(exchange&, public_api&);
/// GET /livez: the process answers.
void livez(exchange&, public_api&);
/// GET /readyz: 503 until the database was first reached with a schema that fits, and while
/// draining.
void readyz(exchange&, public_api&);
/// True: the process is not ready, and that is answered as by /readyz.
bool refuse_unready(exchange&, const status_source&);
/// GET /health: always 200; what works and what does not.
void health(exchange&, public_api&);
/// GET /metrics: Prometheus text, or OpenMetrics when asked for.
void metrics_text(exchange&, public_api&);

} // namespace latchkey::http
