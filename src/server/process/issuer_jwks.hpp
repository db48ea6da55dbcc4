#pragma once
// Keeps the JWK sets of issuers that publish them: fetches each set when auth::jwks_refresh says
// so, and puts its keys into the issuer directory.

#include "server/process/https_fetcher.hpp"
#include "server/process/issuers.hpp"
#include "server/process/own_signing_key_news.hpp"

#include <latchkey/api/issuer_refresh.hpp>
#include <latchkey/auth/cache/consistency.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/issuer/jwks_refresh.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/crypto/jwk.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::server {

/// Reads what was fetched from a jwks_url. An empty set is an answer: the issuer has no keys, or
/// publishes none; a set without one that can be used is none.
core::result<crypto::jwk_set> read_jwks(const std::string& body, std::size_t bytes_max);

/// What is asked of the issuer's jwks_url.
net::https_request jwks_request(const auth::issuer_configuration&);

// --- Sentences about an issuer without keys ---
std::string no_keys_in_file(const std::string& issuer);
std::string no_keys_published(const std::string& issuer);

/// The published keys of one issuer.
struct jwks_state {
    std::string issuer;
    core::boot_time as_of{}; ///< of the set in use; without one: since when it is wanted
    std::size_t keys = 0;
    std::string why; ///< why the last fetch failed; empty: it did not
};

/// Lives on the control thread, except for what says otherwise.
class issuer_jwks final : public auth::jwks_source {
  public:
    /// `own_box`: the mailbox of the control thread. `jitter`: a number of this node in [0, 1).
    /// `known`: its freshness tells when news of our own signing keys have arrived.
    issuer_jwks(boost::asio::io_context& loop, core::mailbox& own_box, auth::issuer_directory&,
                double jitter, core::logger&, own_signing_key_news, const auth::consistency& known);
    ~issuer_jwks();

    /// Replaces the issuers, and fetches all their keys as the new settings say. The fetched keys
    /// of an issuer stay meanwhile if they are fetched as before.
    void renew(const loaded_issuers&, const core::moment& now);
    using refreshed = std::function<void(const api::refreshed_issuer&)>;
    /// Fetches the keys of one issuer at once, past its cool-down, or of all (nullopt). If a fetch
    /// is under way, another follows it, since the first may have been answered before. `done` is
    /// called when all have ended. Fails if the issuer is not one whose keys are fetched.
    void refresh(const std::optional<std::string>& issuer_name,
                 std::function<void(core::result<api::refreshed_issuers>)> done);
    bool is_fetching() const noexcept;
    /// To be called now and then: begins the fetches that are due.
    void tick(const core::moment& now);
    /// The state that tells workers whether to wait for news of our own signing keys.
    std::shared_ptr<const auth::jwks_fetching> own_news() const noexcept { return own_.state(); }

    core::tracer* tracer = nullptr; ///< null: fetches belong to no trace

    core::mailbox& box() noexcept override { return own_box_; }
    void asked(auth::jwks_inquiry&) noexcept override;

    // --- any thread ---
    /// Names the issuers whose keys are missing, and why; empty if there is none.
    std::string problem() const;
    /// Returns a sentence for each issuer whose JWK set is empty.
    std::vector<std::string> findings() const;
    std::vector<jwks_state> states() const;
    void collect(core::metric_sink&) const;

  private:
    struct source;
    using source_ptr = std::shared_ptr<source>;

    source_ptr find(const std::string& issuer_name) const;
    source_ptr make_source(const loaded_issuer&) const;
    // `above`: the request that wants it, if one does.
    void begin(const source_ptr&, const core::moment& now, const core::request_trace& above = {});
    void record_fetch(const source&, bool failed) const;
    void configure(const loaded_issuers&, const core::moment& now);
    void fetch_at_once(const source_ptr&, refreshed);
    void ended(const source_ptr&, core::result<net::https_answer>, const core::moment& now);
    struct taken {
        std::string why; ///< why the keys are not used; empty: they are used
        bool answered;   ///< with a set that can be read, even an older one
    };
    taken take(source&, const net::https_answer&, const core::moment& now);
    void publish(const source&);
    static jwks_state state_of(const source&);
    void tell_problem();
    void tell_findings();

    core::mailbox& own_box_;
    auth::issuer_directory& directory_;
    const double jitter_;
    core::logger& log_;
    std::vector<source_ptr> sources_;
    std::vector<std::string> files_without_keys_; ///< names of issuers
    https_fetcher fetcher_;
    own_signing_key_news own_;
    const auth::consistency& known_;

    core::counter taken_;
    core::counter older_;
    core::counter failed_;
    mutable std::mutex problem_mutex_; ///< guards the next three
    std::string problem_;
    std::vector<std::string> findings_;
    std::vector<jwks_state> states_;
};

} // namespace latchkey::server
