#pragma once
// What the process says about itself.

namespace latchkey::http {
class exchange;
}

namespace latchkey::api {

class public_api;
class status_source;

/// GET /: the list of endpoints.
void index(http::exchange&, public_api&);
/// GET /livez: the process answers.
void livez(http::exchange&, public_api&);
/// GET /readyz: 503 until the database was first reached with a schema that fits, and while
/// draining.
void readyz(http::exchange&, public_api&);
/// Returns true if the process is not ready; the exchange is then answered as by /readyz.
bool refuse_unready(http::exchange&, const status_source&);
/// GET /health: always 200; what works and what does not.
void health(http::exchange&, public_api&);
/// GET /metrics: Prometheus text, or OpenMetrics when asked for.
void metrics_text(http::exchange&, public_api&);

} // namespace latchkey::api
