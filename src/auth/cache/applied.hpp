#pragma once
// An operator's write, as this process applies it before the feed reports it.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/core/flow/task.hpp>
#include <latchkey/crypto/digest.hpp>

#include <cstdint>
#include <string>

namespace latchkey::auth {

/// `co_await applied(sink, change)` waits until this process has applied the change, which must
/// live until then.
inline auto applied(change_sink& sink, const change_set& change) {
    return core::called_back([&](auto done) { sink.apply(change, std::move(done)); });
}

inline change_set change_of_device(const std::string& device_id) {
    change_set change;
    change.devices.push_back(crypto::sha256(device_id));
    return change;
}

/// The revocation of the tokens that were made from a credential.
inline revocation_change revoked_credential(credential_kind of, const std::string& id,
                                            core::real_time revoked_at) {
    return {{revocation_kind::credential, {}, id, {}, {}, revoked_at, of}, false};
}

/// The end of the tokens that it had before its generation was raised to this one.
inline revocation_change ended_generations(credential_kind of, const std::string& id,
                                           std::uint32_t generation, core::real_time at) {
    return {{revocation_kind::credential, {}, id, {}, {}, at, of, generation}, false};
}

/// What a changed credential means for its tokens, as far as that ends some of them: all while it
/// is not good, and those that it had before it was narrowed. That it is good again is told by the
/// feed.
inline void note_standing(change_set& told, credential_kind of, const std::string& id, bool is_good,
                          std::uint32_t generation, core::real_time at) {
    if (generation > 0) told.revocations.push_back(ended_generations(of, id, generation, at));
    if (!is_good) told.revocations.push_back(revoked_credential(of, id, at));
}

} // namespace latchkey::auth
