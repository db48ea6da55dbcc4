#include "api/batch/batch_question.hpp"

#include "api/public/lease_wait.hpp"

#include <latchkey/api/public_api.hpp>

#include <utility>

namespace latchkey::api {

namespace {

// Returns what asks the limit that all credentials of an organization share, for a verifier.
auto organization_limit(batch_owner& batch, item_turn turn) {
    return [&batch, turn](const auto& found) {
        return batch.unless_admitted(found.organization_id(), turn);
    };
}

} // namespace

std::span<const std::string_view> kept_texts::keep(std::span<const std::string_view> texts) {
    bytes_.clear();
    views_.clear();
    for (const auto text : texts)
        bytes_ += text;
    std::size_t begin = 0;
    for (const auto text : texts) {
        views_.push_back(std::string_view(bytes_).substr(begin, text.size()));
        begin += text.size();
    }
    return views_;
}

void batch_key::prepare(batch_owner& asking, const auth::api_key_request& request) {
    owner_ = &asking;
    request_ = {.scopes = scopes_.keep(request.scopes), .ip = request.ip, .cost = request.cost};
    request_.permissions = request.permissions;
    request_.charged = &asking.charged;
}

bool batch_key::ask() {
    api_.verifier.ask(*this);
    return true;
}

std::optional<auth::verdict> batch_key::conclude(const core::moment& now) {
    const auto turn = owner_->turn_at(now.boot);
    const auto decided =
        api_.verifier.conclude(*this, request_, now, organization_limit(*owner_, turn));
    if (decided.wants) owner_->wanted = decided.wants;
    limit_ = decided.limit;
    credits_ = decided.credits;
    return decided.what;
}

item_facts batch_key::facts() const {
    if (!record) return {.how = source, .reason = reason};
    return {record->key_id(), record->organization_id(), source};
}

void batch_key::give_back() noexcept {
    record.reset();
    status = auth::lookup_status::unavailable;
    api_.batches.keys.give_back(*this);
}

void batch_token::prepare(batch_owner& asking, const batch_item& item,
                          const auth::cache_terms& allowed, std::string issuer_name,
                          const core::moment& asked_at) {
    owner_ = &asking;
    terms_ = allowed;
    issuer = std::move(issuer_name);
    asked_at_ = asked_at;
    text_ = item.credential();
    const auto asked = item.of_token();
    request_ = {{}, scopes_.keep(asked.scopes), asking.only};
    request_.permissions = asked.permissions;
    request_.refused = &whose_;
    if (asked.audience) request_.audience = audience_ = *asked.audience;
    if (asked.certificate) request_.certificate = certificate_ = *asked.certificate;
}

bool batch_token::ask() {
    api_.tokens.ask_for_keys(*this);
    return true;
}

// Does not wait a second time.
std::optional<auth::verdict> batch_token::conclude(const core::moment&) {
    auto at = api_.read_clocks();
    at.first = asked_at_;
    const auto refused = [&](const auth::token_record& found) {
        const auto& organization = found.claims().organization_id;
        return organization ? owner_->unless_admitted(*organization, owner_->turn_at(at.now.boot))
                            : item_refusal();
    };
    const auto write = [this](const auth::token_record& found, auth::answer_source,
                              const core::moment&,
                              const core::moment&) { result_ = found.answer(); };
    const auto decided =
        api_.tokens.verify(text_, request_, terms_, at, refused, write, &owner_->checks);
    if (!owner_->wanted) api_.tokens.count(decided.what);
    reason_ = decided.reason;
    return decided.what;
}

item_facts batch_token::facts() const {
    auto out = facts_of(whose_);
    out.reason = reason_;
    return out;
}

void batch_token::give_back() noexcept {
    text_ = std::string();
    result_ = std::string();
    whose_ = {};
    api_.batches.tokens.give_back(*this);
}

batch_device::batch_device(public_api& api) : device_verification(api.devices), api_(api) {}

bool batch_device::begin(batch_owner& asking, const batch_item& item,
                         const auth::cache_terms& allowed) {
    owner_ = &asking;
    terms = allowed;
    issue_token_ = item.issue_token();
    names_scopes_ = item.names_scopes();
    decision_ = {auth::verdict::invalid_format};
    const auto claim = api_.devices.claim(item.credential(), item.device_secret());
    if (!claim) return false;
    start(*claim);
    organization = asking.only;
    request_ = item.of_device();
    decision_ = {};
    wanted_.reset();
    charged_.reset();
    if (issue_token_ && api_.token_issuer.obstacle(core::moment::now())) return false;
    if (terms.read) {
        const auto at = api_.read_clocks();
        const auto keep_hit = [&](const auto& decided, const auth::device_record* found,
                                  const core::moment&) {
            decision_ = decided;
            is_cached_ = true;
            if (decision_.what == auth::verdict::valid) return write(*found, at.now);
            if (!found) return;
            cached_id_ = found->facts().device_id;
            cached_organization_ = found->facts().organization_id;
        };
        if (from_cache(request_, at, organization_limit(*owner_, owner_->turn_at(at.now.boot)),
                       keep_hit))
            return false;
    }
    request_.scopes = scopes_.keep(request_.scopes);
    secret_ = crypto::secret(std::string(item.device_secret()));
    return true;
}

bool batch_device::ask() {
    return ask_for_more(core::moment::now());
}

// A batch must not cost a minute of computing: beyond its share, devices whose secret would need a
// scrypt stay undecided.
bool batch_device::ask_for_more(const core::moment& now) {
    const bool may_compute = needs_password();
    if (may_compute && owner_->passwords_left == 0) {
        give_up();
        return false;
    }
    if (device_verification::ask(secret_.reveal(), now)) {
        if (may_compute) --owner_->passwords_left; // a result that is already known costs nothing
        return true;
    }
    decide(now);
    return waits_for_lease();
}

// Returns false if the password must be checked first.
bool batch_device::decide(const core::moment& now) {
    wanted_.reset();
    const auto decided = device_verification::conclude(
        request_, now.real, organization_limit(*owner_, turn_at(now.boot)));
    if (decided) decision_ = *decided;
    return decided.has_value();
}

// Returns false if the last decision needs no lease.
bool batch_device::waits_for_lease() {
    if (!wanted_ || !charged_.come_again()) return false;
    auth::fleet_limits::ask(*std::exchange(wanted_, std::nullopt), lease_, core::moment::now().boot,
                            api_.box());
    return true;
}

// Without one, it stays undecided.
void batch_device::lease::decided() noexcept {
    if (refused) return owner.owner_->item_decided();
    owner.woken();
}

void batch_device::woken() noexcept {
    const auto now = core::moment::now();
    if (decide(now) ? waits_for_lease() : ask_for_more(now)) return;
    owner_->item_decided();
}

std::optional<auth::verdict> batch_device::conclude(const core::moment& now) {
    if (decision_.what == auth::verdict::valid && result_.empty()) write(*record, now);
    return decision_.what;
}

void batch_device::write(const auth::device_record& found, const core::moment& now) {
    result_.clear();
    if (!issue_token_) {
        result_ = found.answer();
        return;
    }
    const auto& facts = found.facts();
    auth::token_order order;
    if (names_scopes_) order.scopes = request_.scopes;
    const auto issued = api_.token_issuer.issue({auth::credential_kind::device, facts.device_id,
                                                 facts.organization_id, facts.scopes, std::nullopt,
                                                 facts.generation},
                                                order, now);
    if (issued) {
        owner_->holds_token = true;
        return found.append_answer(result_, issued->text.reveal(), issued->expires_in);
    }
    decision_ = {};
    if (issued.error().kind == core::failure_kind::invalid) decision_ = {auth::verdict::expired};
}

item_facts batch_device::facts() const {
    if (is_cached_) return {cached_id_, cached_organization_, auth::answer_source::hit};
    if (!record) return {.how = source, .reason = decision_.reason};
    return {record->facts().device_id, record->facts().organization_id, source, decision_.reason};
}

void batch_device::give_back() noexcept {
    reset();
    is_cached_ = false;
    cached_id_.clear();
    cached_organization_.clear();
    secret_ = crypto::secret();
    result_.clear();
    api_.batches.devices.give_back(*this);
}

} // namespace latchkey::api
