#pragma once
// Keeps our own signing keys: makes an issuer of what the feed tells of them, and has the steps of
// the plan (signing_plan.hpp) written when they are due. Several nodes may do so at once: the store
// lets one of them through.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/token/own_signing_keys.hpp>
#include <latchkey/auth/token/token_stores.hpp>
#include <latchkey/core/log.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace latchkey::auth {

/// Lives on the control thread, as all its calls and callbacks do.
class signing_key_keeper final : public signing_key_sink {
  public:
    using pair_made = std::function<void(core::result<crypto::signing_key_pair>)>;
    /// Makes a pair elsewhere, since that may take long, and brings it back here.
    using pair_maker = std::function<void(crypto::jws_algorithm, pair_made)>;
    using keys_done = signing_key_store::completion<std::vector<signing_key>>;

    struct surroundings {
        const token_configuration& settings;
        core::seconds max_staleness; ///< how long another node may go on with an old key
        key_encryption_key kek;
        signing_key_store& store;
        issuer_directory& issuers;
        pair_maker make_pair;
        core::logger& log;
        /// How those who meet a key that is not known wait for news of it; null: not at all.
        std::shared_ptr<const jwks_fetching> news{};
    };
    explicit signing_key_keeper(surroundings);

    void signing_keys_changed(std::vector<signing_key>) override;
    /// Of the settings, tokens.expires_in_max is another.
    void settings_changed();
    /// Each second or so. `now` by the real clock.
    void tick(core::real_time now, core::steady_time at);
    /// By an operator; see signing_key_store::rotate_signing_key. Answers with all keys.
    void rotate(bool at_once, keys_done);

    // --- any thread ---
    /// Why no token can be issued here now, as a sentence; empty while they can.
    std::string why_not_issuing() const;

    // --- the control thread ---
    const std::string& issuer_name() const noexcept { return around_.settings.issuer; }
    /// Whose tokens are accepted now.
    const issuer_set& issuers() const noexcept { return around_.issuers.now(); }

  private:
    static constexpr std::size_t gone_max = 64;
    void note_gone(const std::vector<signing_key>& before);
    void open_rows();
    void publish(own_issuer);
    void drop_retired(const std::vector<signing_key>& all);
    void perform(const signing_decision&);
    void add(const signing_decision&);
    signing_plan_settings plan_settings() const;
    /// Makes a pair and seals it.
    void make(std::function<void(core::result<new_signing_key>)>);
    signing_key_store::completion<bool> ended(const char* what);

    surroundings around_;
    std::vector<signing_key> rows_;
    std::vector<std::string> dropped_; ///< by an operator here: the feed may not know it yet
    std::vector<std::string> gone_;    ///< were in use, and are no more; the latest last
    bool known_ = false;               ///< the feed has told
    bool busy_ = false;
    core::steady_time not_before_{};
    core::steady_time at_{};
    std::vector<std::string> warned_;
    mutable std::mutex why_not_mutex_;
    std::string why_not_; ///< under the mutex
};

} // namespace latchkey::auth
