#include <latchkey/auth/device/rehash_devices.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace latchkey::auth {

namespace {

// Returns the stored form of a bare text, or nullopt if the text cannot be read.
std::optional<core::result<crypto::secret>>
stored_form(const crypto::secret& bare, legacy_device_secret legacy, rehash_to form) {
    const auto reading = reading_of(shape_of_bare(bare.reveal()), legacy);
    if (reading == bare_reading::unusable) return std::nullopt;
    if (reading == bare_reading::plaintext) {
        if (form == rehash_to::sha256) return crypto::secret(sha256_form(bare.reveal()));
        auto hashed = crypto::hash_password(bare.reveal(), {});
        if (!hashed) return hashed.error();
        return crypto::secret(std::move(*hashed));
    }
    std::string text = "sha256:";
    for (const char c : bare.reveal())
        text += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    return crypto::secret(std::move(text));
}

class rehashing final : public std::enable_shared_from_this<rehashing> {
  public:
    rehashing(device_store& store, core::slow_work elsewhere, legacy_device_secret legacy,
              rehash_page page, device_store::completion<rehashed_page> done)
        : store_(store),
          elsewhere_(std::move(elsewhere)),
          legacy_(legacy),
          page_(std::move(page)),
          done_(std::move(done)) {}

    void begin() {
        store_.legacy_device_page(
            {page_.limit, page_.after},
            [self = shared_from_this()](core::result<std::vector<legacy_device>> found) {
                if (!found) return self->done_(found.error());
                if (!found->empty()) self->out_.next = found->back().device_id;
                self->hash(std::move(*found));
            });
    }

  private:
    void hash(std::vector<legacy_device> found) {
        auto devices = std::make_shared<std::vector<legacy_device>>(std::move(found));
        elsewhere_([self = shared_from_this(), devices] { self->compute(*devices); },
                   [self = shared_from_this()] {
                       if (self->failed_) return self->done_(*self->failed_);
                       self->write();
                   });
    }
    void compute(std::vector<legacy_device>& devices) {
        for (auto& device : devices)
            for (auto& bare : device.stored) {
                auto text = stored_form(bare, legacy_, page_.form);
                if (text && !*text) {
                    failed_ = text->error();
                    return;
                }
                if (text)
                    left_.push_back({device.device_id, std::move(bare), std::move(**text)});
                else
                    ++out_.unusable;
            }
    }
    // Writes one row after the other, from the last: a page is small, and no request waits for it.
    void write() {
        if (left_.empty()) return done_(std::move(out_));
        auto next = std::move(left_.back());
        left_.pop_back();
        store_.rehash_device(std::move(next),
                             [self = shared_from_this()](core::result<bool> written) {
                                 if (!written) return self->done_(written.error());
                                 ++(*written ? self->out_.rehashed : self->out_.changed);
                                 self->write();
                             });
    }

    device_store& store_;
    core::slow_work elsewhere_;
    legacy_device_secret legacy_;
    rehash_page page_;
    device_store::completion<rehashed_page> done_;
    std::optional<core::failure> failed_;
    std::vector<device_rehash> left_;
    rehashed_page out_;
};

std::optional<std::string> check(const rehash_page& page) {
    const auto most = rehash_limit_max(page.form);
    if (page.limit < 1 || page.limit > most)
        return "field \"limit\" must be from 1 to " + std::to_string(most);
    return std::nullopt;
}

core::failure nobody_has_said(const bare_secret_counts& counts) {
    return {core::failure_kind::invalid,
            "public.device_credentials holds " + std::to_string(counts.hex_64) +
                " bare secrets of 64 hexadecimal digits, " + std::to_string(counts.like_hex_64) +
                " that have more than these around them, and " + std::to_string(counts.other) +
                " others, and auth.legacy_device_secret is unset: set it to \"plaintext\", "
                "\"sha256-hex\" or, where the former are SHA-256 and the latter are the secrets "
                "themselves, \"mixed\", and restart"};
}

} // namespace

rehash_forecast forecast(const bare_secret_counts& counts, legacy_device_secret legacy) noexcept {
    rehash_forecast out{legacy, counts};
    const auto add = [&](bare_shape shape, std::size_t count) {
        switch (reading_of(shape, legacy)) {
        case bare_reading::unusable:
            out.unusable += count;
            break;
        case bare_reading::plaintext:
            out.as_plaintext += count;
            break;
        case bare_reading::sha256_hex:
            out.as_sha256 += count;
            break;
        }
    };
    add(bare_shape::hex_64, counts.hex_64);
    add(bare_shape::like_hex_64, counts.like_hex_64);
    add(bare_shape::other, counts.other);
    return out;
}

void forecast_rehash(device_store& store, legacy_device_secret legacy,
                     device_store::completion<rehash_forecast> done) {
    store.count_bare_secrets(
        [legacy, done = std::move(done)](core::result<bare_secret_counts> counts) {
            if (!counts) return done(counts.error());
            if (legacy == legacy_device_secret::unset && counts->all() > 0)
                return done(nobody_has_said(*counts));
            done(forecast(*counts, legacy));
        });
}

void rehash_devices(device_store& store, const core::slow_work& elsewhere,
                    legacy_device_secret legacy, rehash_page page,
                    device_store::completion<rehashed_page> done) {
    if (auto wrong = check(page)) return done(core::failure{core::failure_kind::invalid, *wrong});
    if (legacy == legacy_device_secret::unset)
        return store.count_bare_secrets(
            [done = std::move(done)](core::result<bare_secret_counts> counts) {
                if (!counts) return done(counts.error());
                if (counts->all() == 0) return done(rehashed_page());
                done(nobody_has_said(*counts));
            });
    std::make_shared<rehashing>(store, elsewhere, legacy, std::move(page), std::move(done))
        ->begin();
}

} // namespace latchkey::auth
