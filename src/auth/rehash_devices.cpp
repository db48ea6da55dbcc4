#include <latchkey/auth/rehash_devices.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace latchkey::auth {

namespace {

// The stored form of a bare text; nothing: it is no SHA-256.
std::optional<core::result<crypto::secret>>
stored_form(const crypto::secret& bare, legacy_device_secret legacy, rehash_to form) {
    if (legacy == legacy_device_secret::plaintext) {
        if (form == rehash_to::sha256) return crypto::secret(sha256_form(bare.reveal()));
        auto hashed = crypto::hash_password(bare.reveal(), {});
        if (!hashed) return hashed.error();
        return crypto::secret(std::move(*hashed));
    }
    if (!stored_secret::parse(bare.reveal(), legacy).is_usable()) return std::nullopt;
    std::string text = "sha256:";
    for (const char c : bare.reveal())
        text += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    return crypto::secret(std::move(text));
}

class rehashing final : public std::enable_shared_from_this<rehashing> {
  public:
    rehashing(device_store& store, slow_work elsewhere, legacy_device_secret legacy,
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
    // One after the other, from the last: a page is small, and nobody waits for it.
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
    slow_work elsewhere_;
    legacy_device_secret legacy_;
    rehash_page page_;
    device_store::completion<rehashed_page> done_;
    std::optional<core::failure> failed_;
    std::vector<device_rehash> left_;
    rehashed_page out_;
};

std::optional<std::string> check(legacy_device_secret legacy, const rehash_page& page) {
    const auto most = rehash_limit_max(page.form);
    if (page.limit < 1 || page.limit > most)
        return "field \"limit\" must be from 1 to " + std::to_string(most);
    if (legacy == legacy_device_secret::unset)
        return "auth.legacy_device_secret is unset: set it to what bare secrets are in "
               "public.device_credentials, \"plaintext\" or \"sha256-hex\", and restart";
    return std::nullopt;
}

} // namespace

void rehash_devices(device_store& store, const slow_work& elsewhere, legacy_device_secret legacy,
                    rehash_page page, device_store::completion<rehashed_page> done) {
    if (auto wrong = check(legacy, page))
        return done(core::failure{core::failure_kind::invalid, *wrong});
    std::make_shared<rehashing>(store, elsewhere, legacy, std::move(page), std::move(done))
        ->begin();
}

} // namespace latchkey::auth
