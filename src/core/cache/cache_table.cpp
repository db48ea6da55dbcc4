#include <latchkey/core/cache/cache_table.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace latchkey::core {

namespace {

static_assert(sizeof(void*) == 8, "tags live in the upper bits of 64-bit pointers");
static_assert(std::atomic_ref<std::uint64_t>::is_always_lock_free);

constexpr std::size_t huge_page = 2 << 20;
constexpr std::uint64_t pointer_mask = 0x0000'ffff'ffff'ffff;

constexpr std::uint64_t tag_of(std::uint64_t hash) noexcept {
    return (hash >> 32) << 48;
}
std::uint64_t word_of(const cache_node& n) noexcept {
    return tag_of(n.hash) | reinterpret_cast<std::uintptr_t>(&n);
}
std::uint64_t load(const std::uint64_t& word) noexcept {
    return std::atomic_ref(const_cast<std::uint64_t&>(word)).load();
}
void store(std::uint64_t& word, std::uint64_t value) noexcept {
    std::atomic_ref(word).store(value);
}

} // namespace

cache_table::cache_table(std::size_t entries)
    : capacity_(entries), buckets_(entries * 4 / (3 * slots) + 1) {
    memory_ = std::calloc(buckets_ + 1, sizeof(bucket)); // zero pages until they are written
    if (!memory_) throw std::bad_alloc();
    auto* const bytes_begin = static_cast<char*>(memory_);
    const auto address = reinterpret_cast<std::uintptr_t>(memory_);
    const auto to_next = [address](std::uintptr_t unit) { return (unit - address % unit) % unit; };
    table_ = reinterpret_cast<bucket*>(bytes_begin + to_next(sizeof(bucket)));
    // Look-ups hit random places in the table: huge pages avoid most TLB misses. If the system has
    // none to give, normal pages do.
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    if (bytes() > 2 * huge_page)
        (void)::madvise(bytes_begin + to_next(page), (bytes() - to_next(page)) / page * page,
                        MADV_HUGEPAGE);
}

cache_table::~cache_table() {
    std::free(memory_);
}

std::size_t cache_table::bytes() const noexcept {
    return (buckets_ + 1) * sizeof(bucket);
}

cache_node* cache_table::find(std::uint64_t hash, const fingerprint& key) const noexcept {
    const auto tag = tag_of(hash);
    auto b = first_bucket(hash);
    for (std::size_t looked = 0; looked < buckets_; ++looked, b = next(b)) {
        for (const auto& slot : table_[b].slot) {
            const auto word = load(slot);
            if ((word & ~pointer_mask) != tag) continue;
            // NOLINTNEXTLINE(performance-no-int-to-ptr): that is what a tagged pointer is
            auto* node = reinterpret_cast<cache_node*>(word & pointer_mask);
            if (node && is_same(node->key, key)) return node;
        }
        if (load(table_[b].overflow) == 0) return nullptr;
    }
    return nullptr;
}

void cache_table::insert(cache_node& n) noexcept {
    for (auto b = first_bucket(n.hash);; b = next(b)) {
        for (auto& slot : table_[b].slot)
            if (slot == 0) {
                store(slot, word_of(n));
                ++size_;
                return;
            }
        store(table_[b].overflow, table_[b].overflow + 1);
    }
}

cache_table::place cache_table::place_of(const cache_node& n) const noexcept {
    const auto word = word_of(n);
    for (auto b = first_bucket(n.hash);; b = next(b))
        for (std::size_t s = 0; s < slots; ++s)
            if (table_[b].slot[s] == word) return {b, s};
}

// Overwrites the slot, so that readers find either the old node or the new one.
void cache_table::replace(cache_node& old, cache_node& with) noexcept {
    const auto at = place_of(old);
    store(table_[at.bucket].slot[at.slot], word_of(with));
}

// The counts go down after the slot is cleared: a reader that sees the old ones looks at one bucket
// too many.
void cache_table::erase(cache_node& n) noexcept {
    const auto at = place_of(n);
    store(table_[at.bucket].slot[at.slot], 0);
    --size_;
    for (auto b = first_bucket(n.hash); b != at.bucket; b = next(b))
        store(table_[b].overflow, table_[b].overflow - 1);
}

} // namespace latchkey::core
