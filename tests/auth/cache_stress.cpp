// Loads, changes, evicts and reclaims in random order on several threads, in caches so small that
// everything happens all the time. For each key the checker knows the newest change that was
// acknowledged before a question was asked: no answer may be older.
//
// LATCHKEY_STRESS sets how many questions are asked, over all workers.
#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/cache/credential_owner.hpp>
#include <latchkey/auth/configuration.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <thread>
#include <vector>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t keys = 64;
constexpr std::size_t organizations = 4;
constexpr std::size_t workers = 3;

std::string organization(std::size_t key) {
    return std::to_string(key % organizations);
}

struct record {
    std::uint64_t key_version = 0;
    std::uint64_t organization_version = 0;
    std::string id;
    const std::string& organization_id() const noexcept { return id; }
    std::size_t bytes() const noexcept { return 64; }
};
using look_up = auth::lookup<record>;

// What is committed, and which of it every worker has acknowledged. In every fourth version, the
// key does not exist.
struct database {
    std::array<std::atomic<std::uint64_t>, keys> key_version{};
    std::array<std::atomic<std::uint64_t>, organizations> organization_version{};
    std::array<std::atomic<std::uint64_t>, keys> key_acknowledged{};
    std::array<std::atomic<std::uint64_t>, organizations> organization_acknowledged{};

    static bool exists(std::uint64_t version) { return version % 4 != 3; }
};

std::size_t number_of(const core::fingerprint& key) {
    return key[0];
}
core::fingerprint key_of(std::size_t number) {
    core::fingerprint key{};
    key[0] = static_cast<std::uint8_t>(number);
    return key;
}

// One worker's connection. Look-ups are sent, then read the database, then are answered, each after
// a time of its own. Some fail.
class fake_store {
  public:
    fake_store(database& db, std::mt19937_64& random) : db_(db), random_(random) {}
    void find(look_up& l) { waiting_.push_back(&l); }

    void step() {
        if (!waiting_.empty() && random_() % 2 == 0) {
            auto* l = waiting_.front();
            waiting_.pop_front();
            l->sent();
            under_way_.push_back({l, {}, false});
        }
        if (under_way_.empty()) return;
        auto& chosen = under_way_[random_() % under_way_.size()];
        if (!chosen.executed) return execute(chosen);
        const auto answer = chosen;
        chosen = under_way_.back();
        under_way_.pop_back();
        complete(answer);
    }
    bool idle() const { return waiting_.empty() && under_way_.empty(); }

  private:
    struct query {
        look_up* whose;
        record seen;
        bool executed;
    };
    void execute(query& q) {
        const auto n = number_of(q.whose->key);
        q.seen.key_version = db_.key_version[n].load();
        q.seen.organization_version = db_.organization_version[n % organizations].load();
        q.seen.id = organization(n);
        q.executed = true;
    }
    void complete(const query& q) {
        auto& l = *q.whose;
        l.record.reset();
        l.status = random_() % 50 == 0                    ? auth::lookup_status::unavailable
                   : database::exists(q.seen.key_version) ? auth::lookup_status::found
                                                          : auth::lookup_status::absent;
        if (l.status == auth::lookup_status::found) l.record = std::make_shared<record>(q.seen);
        l.complete();
    }

    database& db_;
    std::mt19937_64& random_;
    std::deque<look_up*> waiting_;
    std::vector<query> under_way_;
};

struct shared {
    explicit shared(const auth::cache_configuration& c)
        : settings(c),
          known(c.max_staleness),
          where(12345, workers),
          readers(workers),
          cache({c.max_bytes, c.negative_max_bytes}, where, readers, known),
          revocations(readers, 12345, 1000, core::seconds(60)) {}
    const auth::cache_configuration settings;
    database db;
    auth::consistency known;
    core::placement where;
    core::epochs readers;
    auth::credential_cache<record> cache;
    auth::revocation_set revocations;
    std::vector<class worker*> crew;
    std::atomic<std::size_t> working{0};
    std::atomic<std::uint64_t> changes{0};
    std::atomic<std::uint64_t> wrong{0};
    std::atomic<std::uint64_t> hits{0};
};

class worker final : public auth::change_target {
  public:
    worker(shared& all, std::size_t index)
        : all_(all),
          index_(index),
          random_(index + 1),
          store_(all.db, random_),
          owner_(all.cache, index, all.settings, [this](look_up& l) { store_.find(l); }),
          box_([] {}) {
        for (auto& q : questions_)
            q.asker = this;
    }

    // Runs until so many questions were asked and changes made, however the workers share the
    // cores. Threads on one core yield often, so that their steps mix.
    void run(std::uint64_t questions, std::uint64_t changes) {
        for (bool asking = true; asking || busy();) {
            asking = asked_ < questions || all_.changes.load() <= changes;
            turn(asking);
            if (random_() % 16 == 0) std::this_thread::yield();
        }
        all_.working.fetch_sub(1);
        // The other workers may still need this owner core.
        while (all_.working.load() > 0) {
            turn(false);
            std::this_thread::yield();
        }
    }
    bool busy() const { return asking_ > 0 || !store_.idle(); }
    void turn(bool may_ask) {
        box_.receive();
        store_.step();
        if (random_() % 64 == 0) owner_.tick();
        if (!may_ask) return;
        for (auto& q : questions_)
            if (!q.busy) return ask(q);
    }

    void device_changed(const core::fingerprint&, std::uint64_t) noexcept override {}
    void api_key_changed(const core::fingerprint& k, std::uint64_t hash) noexcept override {
        owner_.changed(k, hash);
    }
    bool erase_some(std::size_t n) noexcept override { return owner_.erase_some(n); }
    core::mailbox& box() noexcept override { return box_; }

  private:
    struct asked final : auth::question<record> {
        worker* asker = nullptr;
        bool busy = false;
        std::uint64_t key_at_least = 0;
        std::uint64_t organization_at_least = 0;
        void decided() noexcept override {
            if (status == auth::lookup_status::found) asker->check(*this, *record);
            if (status == auth::lookup_status::absent) asker->check_absent(*this);
            record.reset();
            busy = false;
            --asker->asking_;
        }
    };

    void ask(asked& q) {
        ++asked_;
        const auto n = random_() % 8 != 0 ? random_() % 8 : random_() % keys;
        q.key = key_of(n);
        q.hash = all_.where.hash(q.key);
        q.key_at_least = all_.db.key_acknowledged[n].load();
        q.organization_at_least = all_.db.organization_acknowledged[n % organizations].load();
        q.terms = {random_() % 16 != 0, random_() % 16 != 0};
        if (q.terms.read && answered_from_cache(q)) {
            all_.hits.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        q.busy = true;
        ++asking_;
        auto& there = *all_.crew[all_.where.owner(q.hash)];
        q.answer_box = &box_;
        if (&there == this) return owner_.ask(q);
        q.owner = &there.owner_;
        there.box_.send(q);
    }
    bool answered_from_cache(asked& q) {
        const auto check_hit = [&](const auto& hit, const auto&) { check(q, *hit.record); };
        if (all_.cache.read(index_, q.key, q.hash, all_.settings.ttl, check_hit)) return true;
        if (!all_.cache.absent(index_, q.key, q.hash)) return false;
        check_absent(q);
        return true;
    }
    void check(const asked& q, const record& r) {
        const bool right = r.key_version >= q.key_at_least &&
                           r.organization_version >= q.organization_at_least &&
                           r.id == organization(number_of(q.key));
        if (!right) all_.wrong.fetch_add(1);
    }
    // A negative answer is right only if the key did not exist at some time since the last
    // acknowledged change.
    void check_absent(const asked& q) {
        const auto now = all_.db.key_version[number_of(q.key)].load();
        for (auto v = q.key_at_least; v <= now; ++v)
            if (!database::exists(v)) return;
        all_.wrong.fetch_add(1);
    }

    shared& all_;
    std::size_t index_;
    std::mt19937_64 random_;
    fake_store store_;
    auth::credential_owner<record> owner_;
    core::mailbox box_;
    std::array<asked, 16> questions_;
    std::uint64_t asked_ = 0;
    int asking_ = 0;
};

// Commits changes, and has them applied as the feed would.
class changer {
  public:
    explicit changer(shared& all)
        : all_(all),
          box_([] {}),
          applier_(all.known, all.revocations, all.where, targets(all), box_) {}

    void run() {
        while (all_.working.load() > 0) {
            turn();
            std::this_thread::yield();
        }
    }
    void turn() {
        if (applying_) return void(box_.receive());
        all_.known.publish(core::moment::now());
        change();
    }
    void settle() { box_.receive(); }

  private:
    static std::vector<auth::change_target*> targets(shared& all) {
        return {all.crew.begin(), all.crew.end()};
    }
    void change() {
        all_.changes.fetch_add(1);
        auth::change_set set;
        std::vector<std::pair<std::atomic<std::uint64_t>*, std::uint64_t>> then;
        const auto kind = random_() % 16;
        if (kind == 0) {
            set.everything = true;
        } else if (kind <= 3) {
            const auto o = random_() % organizations;
            then.emplace_back(&all_.db.organization_acknowledged[o],
                              all_.db.organization_version[o].fetch_add(1) + 1);
            set.organizations.push_back(std::to_string(o));
        } else {
            const auto n = random_() % 4 != 0 ? random_() % 8 : random_() % keys;
            then.emplace_back(&all_.db.key_acknowledged[n],
                              all_.db.key_version[n].fetch_add(1) + 1);
            set.api_keys.push_back(key_of(n));
        }
        applying_ = true;
        applier_.apply(set, [this, then] {
            for (const auto& [acknowledged, version] : then)
                acknowledged->store(version);
            applying_ = false;
        });
    }

    shared& all_;
    std::mt19937_64 random_{99};
    core::mailbox box_;
    auth::change_applier applier_;
    bool applying_ = false;
};

std::uint64_t questions() {
    const char* given = std::getenv("LATCHKEY_STRESS");
    return given ? std::strtoull(given, nullptr, 10) : 1'000'000;
}

std::uint64_t changes_min() {
    return questions() / 1000;
}

// Three workers, in caches that hold a few entries each.
struct crew {
    crew() : all(std::make_unique<shared>(settings())) {
        for (std::size_t i = 0; i < workers; ++i)
            members.push_back(std::make_unique<worker>(*all, i));
        for (auto& w : members)
            all->crew.push_back(w.get());
        all->working = workers;
        writer = std::make_unique<changer>(*all);
    }
    ~crew() {
        for (auto& w : members)
            while (w->box().receive()) {
            }
        writer->settle();
    }
    static auth::cache_configuration settings() {
        auth::cache_configuration settings;
        settings.max_bytes = workers * 4096;
        settings.negative_max_bytes = workers * 2048;
        return settings;
    }
    void report() const {
        std::uint64_t evictions = 0;
        for (std::size_t i = 0; i < workers; ++i)
            evictions += all->cache.facts().shard(i).evictions.value();
        BOOST_TEST_MESSAGE(questions()
                           << " questions, " << all->hits.load() << " hits, " << all->changes.load()
                           << " changes, " << evictions << " evictions");
        BOOST_TEST(all->wrong.load() == 0u);
        // The run has exercised what it tests.
        BOOST_TEST(all->hits.load() > questions() / 100);
        BOOST_TEST(all->changes.load() > changes_min());
        BOOST_TEST(evictions > questions() / 1000);
    }

    std::unique_ptr<shared> all;
    std::vector<std::unique_ptr<worker>> members;
    std::unique_ptr<changer> writer;
};

} // namespace

BOOST_AUTO_TEST_SUITE(cache_stress)

// The steps have a random order, which is the same in every run.
BOOST_AUTO_TEST_CASE(no_answer_is_older_than_the_last_acknowledged_change) {
    crew c;
    std::mt19937_64 random(1); // NOLINT
    for (std::uint64_t asked = 0; asked < questions();) {
        const auto who = random() % (workers + 1);
        if (who == workers) {
            c.writer->turn();
            continue;
        }
        c.members[who]->turn(true);
        ++asked;
    }
    const auto busy = [](const auto& w) { return w->busy(); };
    while (std::any_of(c.members.begin(), c.members.end(), busy))
        for (auto& w : c.members)
            w->turn(false);
    c.report();
}

BOOST_AUTO_TEST_CASE(nor_is_it_on_threads_of_their_own) {
    crew c;
    std::vector<std::thread> threads;
    for (auto& w : c.members)
        threads.emplace_back([&w] { w->run(questions() / workers, changes_min()); });
    c.writer->run();
    for (auto& t : threads)
        t.join();
    c.report();
}

BOOST_AUTO_TEST_SUITE_END()
