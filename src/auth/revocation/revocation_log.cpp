#include "auth/revocation/revocation_log.hpp"

#include <cstring>
#include <string_view>

namespace latchkey::auth {

namespace {

// The first byte of an entry: the kind in the lower three bits, then these.
constexpr unsigned kind_bits = 7;
constexpr unsigned is_withdrawn = 1 << 3;
constexpr unsigned is_of_key = 1 << 4;
constexpr unsigned is_of_device = 1 << 5;
constexpr unsigned has_issued_before = 1 << 6;
constexpr unsigned has_expires_at = 1 << 7;

using time_ticks = core::real_time::duration::rep;

void put_time(std::string& out, core::real_time t) {
    const time_ticks ticks = t.time_since_epoch().count();
    out.append(reinterpret_cast<const char*>(&ticks), sizeof ticks);
}

// Seven bits a byte, the lower ones first; the last byte has the upper bit clear.
void put_text(std::string& out, std::string_view text) {
    auto size = text.size();
    for (; size > 127; size >>= 7)
        out.push_back(static_cast<char>((size & 127) | 128));
    out.push_back(static_cast<char>(size));
    out.append(text);
}

class entry_reader {
  public:
    explicit entry_reader(std::string_view bytes) : left_(bytes) {}

    unsigned flags() { return static_cast<unsigned char>(take(1)[0]); }
    core::real_time time() {
        time_ticks ticks = 0;
        std::memcpy(&ticks, take(sizeof ticks).data(), sizeof ticks);
        return core::real_time(core::real_time::duration(ticks));
    }
    std::string text() {
        std::size_t size = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(take(1)[0]);
            size |= static_cast<std::size_t>(byte & 127) << shift;
            if (byte < 128) break;
        }
        return std::string(take(size));
    }
    std::size_t left() const noexcept { return left_.size(); }

  private:
    std::string_view take(std::size_t count) {
        const auto taken = left_.substr(0, count);
        left_.remove_prefix(count);
        return taken;
    }
    std::string_view left_;
};

void put_entry(std::string& out, const revocation_change& change) {
    const auto& r = change.what;
    auto flags = static_cast<unsigned>(r.kind);
    if (change.withdrawn) flags |= is_withdrawn;
    if (r.of) flags |= *r.of == credential_kind::device ? is_of_device : is_of_key;
    if (r.issued_before) flags |= has_issued_before;
    if (r.expires_at) flags |= has_expires_at;
    out.push_back(static_cast<char>(flags));
    put_time(out, r.created_at);
    if (r.issued_before) put_time(out, *r.issued_before);
    if (r.expires_at) put_time(out, *r.expires_at);
    put_text(out, r.issuer);
    put_text(out, r.value);
}

revocation_change take_entry(entry_reader& from) {
    revocation_change change;
    auto& r = change.what;
    const auto flags = from.flags();
    r.kind = static_cast<revocation_kind>(flags & kind_bits);
    change.withdrawn = (flags & is_withdrawn) != 0;
    if ((flags & is_of_key) != 0) r.of = credential_kind::api_key;
    if ((flags & is_of_device) != 0) r.of = credential_kind::device;
    r.created_at = from.time();
    if ((flags & has_issued_before) != 0) r.issued_before = from.time();
    if ((flags & has_expires_at) != 0) r.expires_at = from.time();
    r.issuer = from.text();
    r.value = from.text();
    return change;
}

} // namespace

void revocation_log::add(const revocation_change& change, core::boot_time now) {
    if (change.what.below_generation) return;
    if (chunks_.empty() || chunks_.back().bytes.size() >= chunk_bytes) {
        chunks_.emplace_back();
        bytes_ += chunks_.back().size();
    }
    auto& last = chunks_.back();
    const auto before = last.size();
    put_entry(last.bytes, change);
    bytes_ += last.size() - before;
    ++last.entries;
    last.last_added = now;
    ++entries_;
}

void revocation_log::for_each(const std::function<void(const revocation_change&)>& use) const {
    for (const auto& c : chunks_)
        for (entry_reader reader(c.bytes); reader.left() > 0;)
            use(take_entry(reader));
}

revocation_log::position
revocation_log::read(position from,
                     const std::function<bool(const revocation_change&)>& use) const {
    for (; from.chunk < chunks_.size(); from = {from.chunk + 1, 0}) {
        const std::string_view bytes = chunks_[chunks_.size() - 1 - from.chunk].bytes;
        entry_reader reader(bytes.substr(from.byte));
        while (reader.left() > 0) {
            const bool goes_on = use(take_entry(reader));
            from.byte = bytes.size() - reader.left();
            if (!goes_on) return from;
        }
    }
    return from;
}

std::size_t revocation_log::drop_before(core::boot_time time) {
    std::size_t dropped = 0;
    while (!chunks_.empty() && chunks_.front().last_added < time)
        dropped += drop_oldest();
    return dropped;
}

std::size_t revocation_log::drop_oldest() {
    if (chunks_.empty()) return 0;
    const auto dropped = chunks_.front().entries;
    bytes_ -= chunks_.front().size();
    chunks_.pop_front();
    entries_ -= dropped;
    return dropped;
}

} // namespace latchkey::auth
