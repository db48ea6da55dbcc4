#pragma once
// A node with one worker, without threads: its state, its owner core, and a store that the test
// answers. `pump` stands for the worker's event loop. Tests derive their own from it and add what
// they look at.

#include "fake_store.hpp"

#include <latchkey/auth/cache/node_state.hpp>
#include <latchkey/auth/token/own_signing_keys.hpp>

#include <memory>
#include <string>
#include <vector>

namespace latchkey::test {

struct one_worker {
    explicit one_worker(const auth::cache_configuration& settings = {})
        : state(settings, 1, 7),
          owner(state.api_keys, state.devices, state.tokens.shard(0), 0, state.settings, store,
                [] {}, {state.withheld, state.readers.at(0)}) {
        state.owner_cores.push_back(&owner);
        state.known.publish(core::moment::now());
    }
    one_worker(const one_worker&) = delete;
    one_worker& operator=(const one_worker&) = delete;

    void pump() {
        while (owner.box().receive()) {
        }
    }

    /// From now on the node signs tokens with a new key, which no other node knows.
    void sign_with(crypto::jws_algorithm algorithm, const auth::token_configuration& settings) {
        const auth::key_encryption_key kek{
            std::make_shared<const crypto::sealing_key>(
                crypto::sealing_key::parse(std::string(64, 'a')).value()),
            {}};
        const auto sealed =
            auth::seal_signing_key_pair(crypto::generate_signing_key_pair(algorithm).value(),
                                        algorithm, *kek.key)
                .value();
        auth::signing_key row;
        row.times = {sealed.key_id, algorithm, auth::signing_key_state::current, {}, {}, {}, {}};
        row.public_jwk = sealed.public_jwk;
        row.sealed = sealed.sealed;
        row.kek_id = sealed.kek_id;
        const std::vector rows{row};
        auth::issuer_directory(state.issuers)
            .set_own(std::make_shared<auth::own_issuer>(
                auth::open_signing_keys(rows, settings, kek).own));
    }

    fake_store store;
    auth::node_state state;
    auth::owner_core owner;
};

} // namespace latchkey::test
