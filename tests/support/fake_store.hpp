#pragma once
// A store whose look-ups the test answers.
//
//   store.add(facts);     // what the database has
//   verifier.ask(...);    // the store holds on to the look-up
//   store.answer();       // now it is answered

#include <latchkey/auth/store.hpp>
#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace latchkey::test {

struct fake_store final : auth::store {
    std::map<core::fingerprint, auth::api_key_facts> api_keys;
    std::map<core::fingerprint, auth::device_facts> devices;
    bool away = false; ///< every look-up is answered "unavailable"
    std::vector<auth::api_key_lookup*> asked_keys;
    std::vector<auth::device_lookup*> asked_devices;
    std::size_t key_look_ups = 0;    ///< since the start
    std::size_t device_look_ups = 0; ///< since the start

    void find_api_key(auth::api_key_lookup& l) override {
        ++key_look_ups;
        asked_keys.push_back(&l);
    }
    void find_device(auth::device_lookup& l) override {
        ++device_look_ups;
        asked_devices.push_back(&l);
    }

    void add(auth::device_facts facts) {
        const auto key = crypto::sha256(facts.device_id);
        devices[key] = std::move(facts);
    }

    /// Answers every look-up by what is stored.
    void answer() {
        for (auto* l : std::exchange(asked_keys, {}))
            answer_by<auth::api_key_record>(*l, api_keys);
        for (auto* l : std::exchange(asked_devices, {}))
            answer_by<auth::device_record>(*l, devices);
    }
    /// Answers the oldest look-up of an API key with these facts, whatever is stored.
    void answer_key(auth::lookup_status status, auth::api_key_facts facts = {}) {
        answer_with<auth::api_key_record>(take_first(asked_keys), status, std::move(facts));
    }
    /// The same for a device.
    void answer_device(auth::lookup_status status, auth::device_facts facts = {}) {
        answer_with<auth::device_record>(take_first(asked_devices), status, std::move(facts));
    }

  private:
    template <class Lookup>
    static Lookup& take_first(std::vector<Lookup*>& asked) {
        BOOST_REQUIRE(!asked.empty());
        auto& first = *asked.front();
        asked.erase(asked.begin());
        return first;
    }
    template <class Record, class Lookup, class Facts>
    void answer_by(Lookup& l, const std::map<core::fingerprint, Facts>& stored) {
        const auto found = stored.find(l.key);
        if (away) return answer_with<Record>(l, auth::lookup_status::unavailable, Facts());
        if (found == stored.end())
            return answer_with<Record>(l, auth::lookup_status::absent, Facts());
        answer_with<Record>(l, auth::lookup_status::found, found->second);
    }
    template <class Record, class Lookup, class Facts>
    static void answer_with(Lookup& l, auth::lookup_status status, Facts facts) {
        l.status = status;
        l.record.reset();
        if (status == auth::lookup_status::found)
            l.record = std::make_shared<const Record>(std::move(facts));
        l.reason = "the database is away";
        l.complete();
    }
};

} // namespace latchkey::test
