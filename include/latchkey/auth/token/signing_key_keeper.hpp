#pragma once
// Keeps our own signing keys: makes an issuer of what the feed reports, and has the steps of the
// plan (signing_plan.hpp) written when they are due. Several nodes may do so at once: the store
// lets one of them succeed.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/operator_request.hpp>
#include <latchkey/auth/token/own_signing_keys.hpp>
#include <latchkey/auth/token/token_stores.hpp>
#include <latchkey/core/log.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace latchkey::auth {

/// Lives on the control thread. All its calls and callbacks run there, except where stated.
class signing_key_keeper final : public signing_key_sink {
  public:
    using pair_made = std::function<void(core::result<crypto::signing_key_pair>)>;
    /// Makes a pair on another thread, since that may take long, and calls back on this one.
    using pair_maker = std::function<void(crypto::jws_algorithm, pair_made)>;

    struct surroundings {
        const token_configuration& settings;
        core::seconds max_staleness; ///< for how long another node may go on with an old key
        key_encryption_key kek;
        signing_key_store& store;
        issuer_directory& issuers;
        pair_maker make_pair;
        core::logger& log;
        /// What tokens with an unknown signing key wait for; null if they do not wait.
        std::shared_ptr<const jwks_fetching> news{};
        std::string node{}; ///< `server.node`: asks for the steps of the plan
    };
    explicit signing_key_keeper(surroundings);

    void signing_keys_changed(std::vector<signing_key>) override;
    /// The setting tokens.expires_in_max has changed.
    void settings_changed();
    /// Called each second or so. `now` is the real clock's.
    void tick(core::real_time now, core::steady_time at);
    /// An operator's rotation; see signing_key_store::rotate_signing_key. Answers with all keys.
    operation<std::vector<signing_key>> rotate(bool at_once, operator_request&);

    // --- any thread ---
    /// Returns why no token can be issued here now, as a sentence; empty if tokens can be issued.
    std::string why_not_issuing() const;
    /// The keys that the feed has reported.
    std::vector<signing_key_times> keys() const;

    // --- the control thread ---
    const std::string& issuer_name() const noexcept { return around_.settings.issuer; }
    /// The issuers whose tokens are accepted now.
    const issuer_set& issuers() const noexcept { return around_.issuers.now(); }

  private:
    static constexpr std::size_t gone_max = 64;
    void note_gone(const std::vector<signing_key>& before);
    void open_rows();
    void publish(own_issuer);
    void drop_retired(const std::vector<signing_key>& all);
    core::detached perform(signing_decision);
    operation<bool> write(signing_decision, operator_request& by);
    signing_plan_settings plan_settings() const;
    /// Makes a pair and seals it.
    operation<new_signing_key> make();

    surroundings around_;
    std::vector<signing_key> rows_;
    /// Dropped by an operator here; the feed may still list them.
    std::vector<std::string> dropped_;
    std::vector<std::string> gone_; ///< were in use and are not any more; the latest last
    bool known_ = false;            ///< the feed has reported the keys
    bool busy_ = false;
    core::steady_time not_before_{};
    core::steady_time at_{};
    std::vector<std::string> warned_;
    mutable std::mutex why_not_mutex_;
    std::string why_not_;                 ///< protected by the mutex
    std::vector<signing_key_times> told_; ///< of rows_; protected by the mutex
};

} // namespace latchkey::auth
