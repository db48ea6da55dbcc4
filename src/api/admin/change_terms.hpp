#pragma once
// What all requests for a change on the admin listener have in common, around their endpoints:
//
// ?wait=all, where something is revoked, disabled or narrowed: the answer comes when all live nodes
// have applied the change, or after admin.wait_max
//   {…, acknowledged:[{node, instance_id}], missing:[{node, instance_id, fences_at}], complete,
//    durability:"replicated"|"local", receipt}   400 another value, or nothing to wait for
//   503 too many wait; nothing was changed
// Idempotency-Key, on POST: who comes again with the same key within a day is told what was
// answered before, without the secret, with `Idempotent-Replayed: true`
//   400 misshapen   409 the first request is under way   422 another request had this key

#include "api/admin/reply.hpp"

#include <latchkey/auth/operator_request.hpp>

namespace latchkey::api {

using admin_endpoint = core::task<reply> (*)(http::exchange&, admin_api&);

/// Runs the endpoint of a request that may change something. Control thread.
core::task<reply> change(http::exchange&, admin_api&, admin_endpoint);

/// Returns the claim of a request's Idempotency-Key; nullopt if it has none that counts. `actor` is
/// operator_request's.
std::optional<auth::idempotency_claim> claim_of(const http::exchange&, std::string_view actor);

} // namespace latchkey::api
