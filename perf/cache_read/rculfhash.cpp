// Userspace RCU's lock-free hash table, with the flavour whose readers are cheapest (QSBR).
#include "contenders.hpp"

#include <urcu/urcu-qsbr.h>

#include <urcu/rculfhash.h>

#include <bit>
#include <stdexcept>

namespace cache_read {

namespace {

struct element {
    cds_lfht_node node;
    rcu_head retired;
    cache_read::key key;
    payload value;
};

int has_key(cds_lfht_node* node, const void* wanted) {
    return reinterpret_cast<element*>(node)->key == *static_cast<const key*>(wanted);
}
void destroy(rcu_head* head) {
    delete reinterpret_cast<element*>(reinterpret_cast<char*>(head) - offsetof(element, retired));
}

class rculfhash final : public contender {
  public:
    explicit rculfhash(std::size_t entries) {
        const auto buckets = std::bit_ceil(entries);
        map_ = cds_lfht_new_flavor(buckets, buckets, buckets, 0, &urcu_qsbr_flavor, nullptr);
        if (!map_) throw std::bad_alloc();
    }
    ~rculfhash() override {
        urcu_qsbr_register_thread();
        cds_lfht_iter at{};
        element* e = nullptr;
        cds_lfht_for_each_entry(map_, &at, e, node) {
            cds_lfht_del(map_, &e->node);
            urcu_qsbr_call_rcu(&e->retired, destroy);
        }
        urcu_qsbr_barrier();
        urcu_qsbr_unregister_thread();
        cds_lfht_destroy(map_, nullptr);
    }
    void enter(std::size_t) override { urcu_qsbr_register_thread(); }
    void leave(std::size_t) override { urcu_qsbr_unregister_thread(); }

    bool read(std::size_t thread, const key& k, payload& out) override {
        urcu_qsbr_read_lock();
        cds_lfht_iter at{};
        cds_lfht_lookup(map_, first_word(k), has_key, &k, &at);
        auto* node = cds_lfht_iter_get_node(&at);
        if (node) out = reinterpret_cast<element*>(node)->value;
        urcu_qsbr_read_unlock();
        if (++reads_[thread].count % 64 == 0) urcu_qsbr_quiescent_state();
        return node != nullptr;
    }
    void write(std::size_t, const key& k, const payload& p) override {
        auto* e = new element{{}, {}, k, p};
        urcu_qsbr_read_lock();
        auto* old = cds_lfht_add_replace(map_, first_word(k), has_key, &k, &e->node);
        urcu_qsbr_read_unlock();
        if (old) urcu_qsbr_call_rcu(&reinterpret_cast<element*>(old)->retired, destroy);
    }

  private:
    struct alignas(64) counted {
        std::size_t count = 0;
    };
    cds_lfht* map_;
    std::array<counted, 2> reads_;
};

} // namespace

std::unique_ptr<contender> make_rculfhash(std::size_t entries) {
    return std::make_unique<rculfhash>(entries);
}

} // namespace cache_read
