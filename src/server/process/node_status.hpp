#pragma once
// What the status says of tokens and of the breaker. Any thread.

#include "server/process/connection_gate.hpp"
#include "server/process/issuer_jwks.hpp"

#include <latchkey/api/rate_limits.hpp>
#include <latchkey/api/status_source.hpp>
#include <latchkey/auth/cache/node_state.hpp>
#include <latchkey/auth/revocation/revocation_set.hpp>
#include <latchkey/auth/token/signing_key_keeper.hpp>
#include <latchkey/core/flow/circuit_breaker.hpp>

#include <string>
#include <vector>

namespace latchkey::server {

std::vector<api::check> checks_of(const issuer_jwks&, const auth::revocation_set&,
                                  const core::circuit_breaker&);
/// Returns members of the details, as JSON that begins with a comma.
std::string details_of(const auth::revocation_set&, const auth::signing_key_keeper&);

// --- the same of other parts ---
std::string details_of(const issuer_jwks&);
/// Of the caches.
std::string details_of(const auth::node_state&);
/// Of what bounds requests: policies, the breaker, connections.
std::string details_of(const api::rate_limits&, const core::circuit_breaker&,
                       const connection_gate&);

} // namespace latchkey::server
