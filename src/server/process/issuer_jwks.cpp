#include "server/process/issuer_jwks.hpp"

#include <latchkey/crypto/jwk.hpp>
#include <latchkey/net/https/https_url.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace latchkey::server {

namespace {

// Whether a fetch for one would also have been the fetch for the other.
bool fetched_alike(const auth::issuer_configuration& a, const auth::issuer_configuration& b) {
    return a.jwks_url == b.jwks_url && a.ca_file == b.ca_file &&
           a.allow_private_addresses == b.allow_private_addresses && a.https_proxy == b.https_proxy;
}

auth::jwks_refresh_settings refresh_settings(const auth::issuer_configuration& c, double jitter) {
    return {c.jwks_refresh, c.jwks_cooldown, c.jwks_keep, jitter};
}

} // namespace

core::result<crypto::jwk_set> read_jwks(const std::string& body, std::size_t bytes_max) {
    auto set = crypto::parse_jwk_set(body, {.bytes_max = bytes_max});
    if (set && set->keys.empty() && !set->unusable.empty())
        return core::failure{core::failure_kind::invalid,
                             "the JWK set is unusable: it holds no key that can be used"};
    return set;
}

net::https_request jwks_request(const auth::issuer_configuration& c) {
    return {.url = c.jwks_url,
            .deadline = c.jwks_timeout,
            .body_bytes_max = c.jwks_bytes_max,
            .allow_private = c.allow_private_addresses,
            .allow_http = c.allow_http,
            .proxy = c.https_proxy};
}

std::string no_keys_in_file(const std::string& issuer) {
    return "issuer \"" + issuer +
           "\": its jwks_file has no keys in it: tokens signed with such keys are UNKNOWN_KEY_ID "
           "until the file has them and is read again";
}
std::string no_keys_published(const std::string& issuer) {
    return "issuer \"" + issuer +
           "\": publishes a set without keys at its jwks_url: tokens signed with such keys are "
           "UNKNOWN_KEY_ID until it publishes them";
}

struct issuer_jwks::source {
    source(const loaded_issuer& from, const auth::jwks_refresh_settings& settings)
        : texts(from.texts), trust(*from.fetched_behind), own(from.keys), refresh(settings) {}

    auth::issuer_configuration texts;
    net::tls_trust trust;
    std::shared_ptr<const auth::key_ring> own; ///< from files, used beside the fetched ones
    auth::jwks_refresh refresh;
    std::shared_ptr<auth::jwks_fetching> fetching = std::make_shared<auth::jwks_fetching>();
    std::shared_ptr<const auth::key_ring> fetched = std::make_shared<const auth::key_ring>();
    std::vector<auth::jwks_inquiry*> waiting;
    std::string why; ///< why the last fetch failed; empty: it did not
    core::boot_time wanted_since{};
    bool again = false;            ///< an operator asked for a fetch that begins after this one
    std::vector<refreshed> asking; ///< operators who wait for the fetch under way
    std::vector<refreshed> next;   ///< those who wait for the one after it
    core::request_trace trace;     ///< of the fetch under way
    core::real_time begun{};       ///< when it began

    bool under_way() const noexcept { return !refresh.next_at(); }
    void tell(std::vector<refreshed>& whom, bool answered, const std::string& reason) const {
        for (const auto& told : std::exchange(whom, {}))
            told({texts.issuer, answered, fetched->size(),
                  reason.empty() ? std::nullopt : std::optional(reason)});
    }
};

jwks_state issuer_jwks::state_of(const source& of) {
    const auto as_of = of.refresh.as_of();
    return {of.texts.issuer, as_of ? as_of->boot : of.wanted_since, of.fetched->size(), of.why};
}

issuer_jwks::issuer_jwks(boost::asio::io_context& loop, core::mailbox& own_box,
                         auth::issuer_directory& directory, double jitter, core::logger& log,
                         own_signing_key_news own, const auth::consistency& known)
    : own_box_(own_box),
      directory_(directory),
      jitter_(jitter),
      log_(log),
      fetcher_(loop),
      own_(std::move(own)),
      known_(known) {}

issuer_jwks::~issuer_jwks() = default;

issuer_jwks::source_ptr issuer_jwks::find(const std::string& issuer_name) const {
    const auto found = std::ranges::find_if(
        sources_, [&](const auto& s) { return s->texts.issuer == issuer_name; });
    return found == sources_.end() ? nullptr : *found;
}

// A known source that is fetched as before keeps its keys and its state.
issuer_jwks::source_ptr issuer_jwks::make_source(const loaded_issuer& from) const {
    if (auto known = find(from.texts.issuer); known && fetched_alike(known->texts, from.texts)) {
        known->texts = from.texts;
        known->trust = *from.fetched_behind;
        known->own = from.keys;
        known->refresh.configure(refresh_settings(from.texts, jitter_));
        return known;
    }
    auto made = std::make_shared<source>(from, refresh_settings(from.texts, jitter_));
    made->wanted_since = core::boot_clock::now();
    return made;
}

void issuer_jwks::configure(const loaded_issuers& loaded, const core::moment& now) {
    std::vector<source_ptr> sources;
    std::vector<auth::issuer> issuers;
    files_without_keys_.clear();
    for (const auto& one : loaded.all) {
        if (one.file_is_without_keys) files_without_keys_.push_back(one.texts.issuer);
        auth::issuer made;
        made.rules = one.rules;
        made.keys = one.keys;
        if (one.fetched_behind) {
            auto from = make_source(one);
            made.keys = std::make_shared<const auth::key_ring>(*from->own, *from->fetched);
            made.keys_as_of = from->refresh.as_of();
            made.fetching = from->fetching;
            sources.push_back(std::move(from));
        }
        issuers.push_back(std::move(made));
    }
    for (const auto& gone : std::exchange(sources_, std::move(sources)))
        if (std::ranges::find(sources_, gone) == sources_.end()) {
            for (auto* asker : std::exchange(gone->waiting, {}))
                asker->answer_box->send(*asker);
            for (auto* whom : {&gone->asking, &gone->next})
                gone->tell(*whom, false, "a reload has taken this issuer away, or changed it");
        }
    directory_.configure(std::move(issuers));
    tell_problem();
    tell_findings();
    tick(now);
}

void issuer_jwks::tick(const core::moment& now) {
    own_.tick(known_.freshness().boot, now.boot);
    for (const auto& one : sources_) {
        if (one->refresh.expired(now)) {
            log_.error("the keys of an issuer are too old to be used",
                       {{"issuer", one->texts.issuer}, {"reason", one->why}});
            one->fetched = std::make_shared<const auth::key_ring>();
            publish(*one);
            tell_problem();
            tell_findings();
        }
        if (one->refresh.due(now)) begin(one, now);
    }
}

void issuer_jwks::refresh(const std::optional<std::string>& issuer_name,
                          std::function<void(core::result<api::refreshed_issuers>)> done) {
    const auto one = issuer_name ? find(*issuer_name) : nullptr;
    if (issuer_name && !one)
        return done(core::failure{core::failure_kind::not_found,
                                  "no [[issuers]] with a jwks_url is called \"" + *issuer_name +
                                      "\": expected is its `issuer`, letter for letter"});
    struct gathering {
        api::refreshed_issuers all;
        std::size_t missing;
        std::function<void(core::result<api::refreshed_issuers>)> done;
    };
    const auto sources = one ? std::vector{one} : sources_;
    if (sources.empty()) return done(api::refreshed_issuers{});
    const auto gathered =
        std::make_shared<gathering>(gathering{{}, sources.size(), std::move(done)});
    for (const auto& from : sources)
        fetch_at_once(from, [gathered](const api::refreshed_issuer& told) {
            gathered->all.push_back(told);
            if (--gathered->missing == 0) gathered->done(std::move(gathered->all));
        });
}

// A fetch that was under way before may end by the settings of before, so another follows it.
void issuer_jwks::renew(const loaded_issuers& loaded, const core::moment& now) {
    std::vector<source_ptr> begun_before;
    std::ranges::copy_if(sources_, std::back_inserter(begun_before),
                         [](const auto& s) { return s->under_way(); });
    configure(loaded, now);
    for (const auto& from : sources_) {
        const bool is_new =
            from->under_way() && std::ranges::find(begun_before, from) == begun_before.end();
        if (!is_new) fetch_at_once(from, {});
    }
}

bool issuer_jwks::is_fetching() const noexcept {
    return std::ranges::any_of(sources_, [](const auto& s) { return s->under_way(); });
}

void issuer_jwks::fetch_at_once(const source_ptr& from, refreshed told) {
    if (told) from->next.push_back(std::move(told));
    from->again = true;
    if (!from->under_way()) begin(from, core::moment::now());
}

void issuer_jwks::begin(const source_ptr& from, const core::moment& now,
                        const core::request_trace& above) {
    const auto& c = from->texts;
    from->begun = now.real;
    from->trace = tracer ? tracer->begin_below(above.here) : core::request_trace{};
    auto asked = jwks_request(c);
    if (from->trace.here.is_set())
        asked.fields = "traceparent: " + from->trace.here.text() + "\r\n";
    from->again = false;
    from->asking = std::exchange(from->next, {});
    from->refresh.began(now);
    from->fetching->began(now.boot + c.jwks_cooldown);
    fetcher_.get(from->trust, std::move(asked),
                 [this, from](core::result<net::https_answer> answer) {
                     ended(from, std::move(answer), core::moment::now());
                 });
}

void issuer_jwks::ended(const source_ptr& source_of, core::result<net::https_answer> answer,
                        const core::moment& now) {
    auto& from = *source_of;
    if (from.trace.is_sampled()) record_fetch(from, !answer);
    auto [why, answered] = answer ? take(from, *answer, now) : taken{answer.error().message, false};
    if (!answer) from.refresh.failed(now);
    if (!answer) failed_.add();
    if (!why.empty() && why != from.why)
        log_.warning("the keys of an issuer cannot be fetched",
                     {{"issuer", from.texts.issuer}, {"reason", why}});
    if (why.empty() && !from.why.empty())
        log_.info("the keys of an issuer are fetched again", {{"issuer", from.texts.issuer}});
    from.why = std::move(why);
    const auto next = from.refresh.wanted(now);
    const bool at_once = next.what == auth::jwks_refresh::wish::action::begin;
    from.fetching->ended(answered, at_once ? now.boot : next.at);
    tell_problem();
    tell_findings();
    for (auto* asker : std::exchange(from.waiting, {}))
        asker->answer_box->send(*asker);
    from.tell(from.asking, answered, from.why);
    if (from.again && find(from.texts.issuer) == source_of) begin(source_of, now);
}

void issuer_jwks::record_fetch(const source& from, bool failed) const {
    core::trace_span out;
    out.id = from.trace.here;
    out.parent = from.trace.parent;
    out.kind = core::span_kind::client;
    out.name = "fetch issuer's keys";
    out.method = "GET";
    if (const auto url = net::https_url::parse(from.texts.jwks_url, net::https_url::schemes::both))
        out.server = url->host;
    out.failed = failed;
    out.begin = from.begun;
    out.end = std::max(from.begun, core::real_time(std::chrono::system_clock::now()));
    from.trace.to->push(std::move(out));
}

issuer_jwks::taken issuer_jwks::take(source& from, const net::https_answer& answer,
                                     const core::moment& now) {
    auto set = read_jwks(answer.body, from.texts.jwks_bytes_max);
    if (!set) {
        from.refresh.failed(now);
        failed_.add();
        return {set.error().message, false};
    }
    const auth::jwks_facts facts{answer.max_age, answer.last_modified, answer.date};
    if (from.refresh.succeeded(now, facts) == auth::jwks_refresh::answer::older) {
        older_.add();
        return {"the answer is older than the set in use", true};
    }
    taken_.add();
    from.fetched = std::make_shared<const auth::key_ring>(std::move(set->keys));
    publish(from);
    return {{}, true};
}

void issuer_jwks::publish(const source& from) {
    // A reload may have replaced it while its fetch was under way.
    if (find(from.texts.issuer).get() != &from) return;
    directory_.set_keys(from.texts.issuer,
                        std::make_shared<const auth::key_ring>(*from.own, *from.fetched),
                        from.refresh.as_of());
}

void issuer_jwks::asked(auth::jwks_inquiry& inquiry) noexcept {
    const auto now = core::moment::now();
    if (own_.concerns(inquiry.issuer)) return own_.asked(inquiry, now.boot);
    const auto from = find(inquiry.issuer);
    using action = auth::jwks_refresh::wish::action;
    const auto wish = from ? from->refresh.wanted(now).what : action::wait;
    if (wish == action::wait) return inquiry.answer_box->send(inquiry);
    from->waiting.push_back(&inquiry);
    if (wish == action::begin) begin(from, now, inquiry.trace);
}

void issuer_jwks::tell_problem() {
    std::string all;
    for (const auto& one : sources_)
        if (!one->refresh.as_of())
            all += (all.empty() ? "" : "; ") + ("issuer \"" + one->texts.issuer + "\": ") +
                   (one->why.empty() ? "its keys have not been fetched yet" : one->why);
    std::vector<jwks_state> states;
    for (const auto& one : sources_)
        states.push_back(state_of(*one));
    const std::lock_guard lock(problem_mutex_);
    problem_ = std::move(all);
    states_ = std::move(states);
}

// An empty set may be intended. It is logged once, and reported in the status as long as it lasts.
void issuer_jwks::tell_findings() {
    std::vector<std::string> all;
    for (const auto& name : files_without_keys_)
        all.push_back(no_keys_in_file(name));
    for (const auto& one : sources_)
        if (one->refresh.as_of() && one->fetched->size() == 0)
            all.push_back(no_keys_published(one->texts.issuer));
    for (const auto& finding : all)
        if (std::ranges::find(findings_, finding) == findings_.end())
            log_.warning("an issuer has no keys", {{"why", finding}});
    const std::lock_guard lock(problem_mutex_);
    findings_ = std::move(all);
}

std::vector<std::string> issuer_jwks::findings() const {
    const std::lock_guard lock(problem_mutex_);
    return findings_;
}

std::vector<jwks_state> issuer_jwks::states() const {
    const std::lock_guard lock(problem_mutex_);
    return states_;
}

std::string issuer_jwks::problem() const {
    const std::lock_guard lock(problem_mutex_);
    return problem_;
}

void issuer_jwks::collect(core::metric_sink& sink) const {
    const auto count = [&](const char* outcome, const core::counter& c) {
        sink.add_counter("auth_jwks_fetches_total", "Fetches of issuers' key sets.",
                         {{"outcome", outcome}}, static_cast<double>(c.value()));
    };
    for (const auto& one : states()) {
        const auto old = std::chrono::duration<double>(core::boot_clock::now() - one.as_of);
        sink.add_gauge("auth_issuer_keys_age_seconds",
                       "Age of an issuer's key set; without one, since it was first wanted.",
                       {{"issuer", one.issuer}}, old.count());
        sink.add_gauge("auth_issuer_keys", "Fetched keys of an issuer that are in use.",
                       {{"issuer", one.issuer}}, static_cast<double>(one.keys));
    }
    count("taken", taken_);
    count("older", older_);
    count("failed", failed_);
}

} // namespace latchkey::server
