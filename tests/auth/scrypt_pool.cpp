#include <latchkey/auth/device/scrypt_pool.hpp>
#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../support/metric_of.hpp"
#include "../support/patient_scrypt.hpp"

using namespace latchkey;
using auth::scrypt_admission;
using test::metric_of;
using namespace std::chrono_literals;

namespace {

using shared_hash = std::shared_ptr<const crypto::password_hash>;

shared_hash hash_of(const std::string& password) {
    const auto text = crypto::hash_password(password, {4, 1, 1}).value();
    return std::make_shared<const crypto::password_hash>(
        crypto::password_hash::parse(text).value());
}

struct question final : auth::scrypt_question {
    int told = 0;
    void decided() noexcept override { ++told; }
};

// The part of a worker's thread that receives answers.
struct worker {
    std::counting_semaphore<> woken{0};
    core::mailbox box{[this] { woken.release(); }};

    void prepare(question& q, const shared_hash& hash, const std::string& secret,
                 std::uint8_t device = 1) {
        q.hash = hash;
        q.presented = crypto::secret(secret);
        q.key = auth::scrypt_key(*hash, crypto::sha256(secret));
        q.device.fill(device);
        q.answer_box = &box;
    }
    void wait_for(const question& q) {
        while (q.told == 0) {
            woken.acquire();
            box.receive();
        }
    }
};

// Computes when the test allows it, and reports when it begins.
struct gate {
    std::counting_semaphore<> begun{0};
    std::counting_semaphore<> open{0};
    std::atomic<int> passed{0};

    auth::scrypt_pool::function function() {
        return [this](const crypto::password_hash& hash, std::string_view secret) {
            begun.release();
            open.acquire();
            ++passed;
            return hash.matches(secret);
        };
    }
};

// The threads have low priority: on a busy machine they start late.
core::boot_time now() {
    return core::boot_clock::now();
}

bool may_be_hurried() {
    rlimit nice{};
    ::getrlimit(RLIMIT_NICE, &nice);
    return ::geteuid() == 0 || nice.rlim_cur >= 20;
}

} // namespace

BOOST_AUTO_TEST_SUITE(scrypt_pool)

BOOST_AUTO_TEST_CASE(an_answer_comes_by_mail_and_is_known_from_then_on) {
    worker w;
    auth::scrypt_pool pool(test::patient_scrypt(), 2);
    const auto hash = hash_of("right");
    for (const std::string secret : {"right", "wrong"}) {
        question q;
        w.prepare(q, hash, secret);
        BOOST_TEST(!pool.known(q.key, now()).has_value());
        BOOST_TEST((pool.try_begin(q, now()) == scrypt_admission::begun));
        w.wait_for(q);
        BOOST_TEST((q.matches == std::optional(secret == "right")));
        BOOST_TEST((pool.known(q.key, now()) == q.matches));
        BOOST_TEST(!pool.known(q.key, now() + 301s).has_value());

        question again;
        w.prepare(again, hash, secret);
        BOOST_TEST((pool.try_begin(again, now()) == scrypt_admission::known));
        BOOST_TEST(again.told == 0); // never from within the call
        w.wait_for(again);
        BOOST_TEST((again.matches == q.matches));
    }
    BOOST_TEST(metric_of(R"(auth_scrypt_questions_total{admission="begun"})", pool) == 2);
    BOOST_TEST(metric_of(R"(auth_scrypt_questions_total{admission="known"})", pool) == 2);
    BOOST_TEST(metric_of("auth_scrypt_duration_seconds_count", pool) == 2);
    BOOST_TEST(metric_of("auth_scrypt_results", pool) == 2);
}

BOOST_AUTO_TEST_CASE(a_flood_is_refused_at_once_and_what_was_admitted_is_answered) {
    worker w;
    gate g;
    auto settings = test::patient_scrypt();
    settings.threads = 1;
    settings.queue_max = 2;
    settings.device_max = 2;
    auth::scrypt_pool pool(settings, 2, g.function());
    const auto hash = hash_of("right");
    std::array<question, 7> all;
    const auto ask = [&](std::size_t i, const std::string& secret, std::uint8_t device) {
        w.prepare(all[i], hash, secret, device);
        return pool.try_begin(all[i], now());
    };
    BOOST_TEST((ask(0, "right", 1) == scrypt_admission::begun));
    g.begun.acquire(); // it runs
    BOOST_TEST((ask(1, "guess", 1) == scrypt_admission::begun));
    BOOST_TEST((ask(2, "right", 1) == scrypt_admission::shared));
    BOOST_TEST((ask(3, "another", 1) == scrypt_admission::device_full));
    BOOST_TEST((ask(4, "another", 2) == scrypt_admission::begun));
    BOOST_TEST((ask(5, "another", 3) == scrypt_admission::shared));
    BOOST_TEST((ask(6, "yet another", 3) == scrypt_admission::queue_full));
    BOOST_TEST(metric_of("auth_scrypt_waiting", pool) == 2);
    BOOST_TEST(metric_of(R"(auth_scrypt_questions_total{admission="refused"})", pool) == 2);
    g.open.release(3);
    for (const std::size_t i : {0u, 1u, 2u, 4u, 5u}) {
        w.wait_for(all[i]);
        BOOST_TEST((all[i].matches == std::optional(i == 0 || i == 2)));
    }
    BOOST_TEST(g.passed == 3);
    BOOST_TEST(all[3].told == 0);
    BOOST_TEST(all[6].told == 0);
}

BOOST_AUTO_TEST_CASE(who_has_waited_too_long_is_told_though_the_thread_is_busy) {
    worker w;
    gate g;
    auto settings = test::patient_scrypt();
    settings.threads = 1;
    auth::scrypt_pool pool(settings, 2, g.function());
    const auto hash = hash_of("right");
    question running, waiting, shares;
    w.prepare(running, hash, "right");
    w.prepare(waiting, hash, "wrong");
    w.prepare(shares, hash, "wrong");
    pool.try_begin(running, now());
    g.begun.acquire();
    pool.try_begin(waiting, now());
    pool.try_begin(shares, now());
    pool.tick(now(), 0s);
    BOOST_TEST(metric_of("auth_scrypt_waiting", pool) == 1);
    pool.tick(now() + settings.wait_max + 1ms, 0s);
    for (auto* q : {&waiting, &shares}) {
        w.wait_for(*q);
        BOOST_TEST(!q->matches.has_value());
        BOOST_TEST(std::string(q->reason) ==
                   "the password waited too long for its turn to be checked");
    }
    BOOST_TEST(running.told == 0);
    g.open.release();
    w.wait_for(running);
    BOOST_TEST(running.matches.has_value());
}

// The threads compute in time that others leave; if none is left, they compete for it.
BOOST_AUTO_TEST_CASE(a_computation_that_does_not_get_on_is_hurried) {
    if (!may_be_hurried()) return;
    worker w;
    std::counting_semaphore<> begun{0}, open{0};
    std::vector<int> policies;
    auto settings = test::patient_scrypt();
    settings.threads = 1;
    auth::scrypt_pool pool(settings, 2, [&](const crypto::password_hash&, std::string_view) {
        for (int i = 0; i < 3; ++i) {
            policies.push_back(::sched_getscheduler(0));
            begun.release();
            open.acquire();
        }
        return true;
    });
    question q;
    w.prepare(q, hash_of("right"), "right");
    pool.try_begin(q, now());
    begun.acquire();
    const auto much = settings.wait_max * 12; // for two cores: the process itself uses the machine
    pool.tick(now(), 0s);
    pool.tick(now() + settings.wait_max * 5 + 1ms, much);
    open.release();
    begun.acquire();
    pool.tick(now() - 1s, much);
    open.release();
    begun.acquire();
    open.release();
    w.wait_for(q);
    BOOST_TEST(policies == (std::vector<int>{SCHED_IDLE, SCHED_OTHER, SCHED_IDLE}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(it_is_hurried_soon_where_other_programs_have_the_machine) {
    if (!may_be_hurried()) return;
    worker w;
    std::counting_semaphore<> begun{0}, open{0};
    std::vector<int> policies;
    auto settings = test::patient_scrypt();
    settings.threads = 1;
    auth::scrypt_pool pool(settings, 2, [&](const crypto::password_hash&, std::string_view) {
        begun.release();
        open.acquire();
        policies.push_back(::sched_getscheduler(0));
        return true;
    });
    question q;
    w.prepare(q, hash_of("right"), "right");
    pool.try_begin(q, now());
    begun.acquire();
    const auto at = now();
    pool.tick(at, 0s);
    pool.tick(at + auth::scrypt_starvation::patience, 1ms);
    open.release();
    w.wait_for(q);
    BOOST_TEST(policies == std::vector<int>{SCHED_OTHER}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_stop_leaves_what_waits_undecided_and_ends_what_runs) {
    worker w;
    gate g;
    auto settings = test::patient_scrypt();
    settings.threads = 1;
    auth::scrypt_pool pool(settings, 2, g.function());
    const auto hash = hash_of("right");
    question running, waiting, shares, late;
    w.prepare(running, hash, "right");
    w.prepare(waiting, hash, "wrong");
    w.prepare(shares, hash, "wrong");
    w.prepare(late, hash, "late");
    pool.try_begin(running, now());
    g.begun.acquire();
    pool.try_begin(waiting, now());
    pool.try_begin(shares, now());
    {
        const std::jthread stopping([&] { pool.stop(); });
        w.wait_for(waiting);
        w.wait_for(shares);
        BOOST_TEST(!waiting.matches.has_value());
        BOOST_TEST(!shares.matches.has_value());
        BOOST_TEST(std::string(waiting.reason) == "the server is going away");
        BOOST_TEST((pool.try_begin(late, now()) == scrypt_admission::stopped));
        BOOST_TEST(running.told == 0);
        g.open.release();
    }
    w.wait_for(running);
    BOOST_TEST((running.matches == std::optional(true)));
    BOOST_TEST(g.passed == 1);
    pool.stop();
}

// A computation that failed is neither right nor wrong, and is tried again.
BOOST_AUTO_TEST_CASE(a_failed_computation_decides_nothing) {
    worker w;
    std::atomic<int> tries{0};
    auth::scrypt_pool pool(test::patient_scrypt(), 2,
                           [&](const crypto::password_hash&, std::string_view) -> bool {
                               if (++tries == 1) throw std::runtime_error("no memory");
                               return true;
                           });
    const auto hash = hash_of("right");
    question first, second;
    w.prepare(first, hash, "right");
    pool.try_begin(first, now());
    w.wait_for(first);
    BOOST_TEST(!first.matches.has_value());
    BOOST_TEST(std::string(first.reason) == "the password could not be checked");
    BOOST_TEST(!pool.known(first.key, now()).has_value());
    w.prepare(second, hash, "right");
    BOOST_TEST((pool.try_begin(second, now()) == scrypt_admission::begun));
    w.wait_for(second);
    BOOST_TEST((second.matches == std::optional(true)));
    BOOST_TEST(metric_of("auth_scrypt_undecided_total", pool) == 1);
}

BOOST_AUTO_TEST_CASE(who_waited_too_long_costs_no_scrypt) {
    worker w;
    gate g;
    auth::scrypt_configuration settings;
    settings.wait_max = -1ms; // any waiting is too long
    auth::scrypt_pool pool(settings, 2, g.function());
    question q;
    w.prepare(q, hash_of("right"), "right");
    BOOST_TEST((pool.try_begin(q, now()) == scrypt_admission::begun));
    w.wait_for(q);
    BOOST_TEST(!q.matches.has_value());
    BOOST_TEST(std::string(q.reason).find("too long") != std::string::npos);
    BOOST_TEST(g.passed == 0);
}

// Real scrypt, four workers, ten secrets: ten computations, in any order.
BOOST_AUTO_TEST_CASE(any_number_of_questions_over_all_workers_is_one_computation_each) {
    constexpr std::size_t workers = 4, questions = 200, secrets = 10;
    std::atomic<int> computed{0}, right{0}, wrong{0}, twice{0};
    auto settings = test::patient_scrypt();
    settings.threads = 3;
    settings.queue_max = settings.device_max = 100;
    const auto hash = hash_of("secret 0");
    {
        std::vector<std::unique_ptr<worker>> all(workers);
        for (auto& w : all)
            w = std::make_unique<worker>();
        auth::scrypt_pool pool(settings, 2,
                               [&](const crypto::password_hash& stored, std::string_view secret) {
                                   ++computed;
                                   return stored.matches(secret);
                               });
        std::vector<std::jthread> threads;
        for (auto& w : all)
            threads.emplace_back([&, own = w.get()] {
                std::vector<question> asked(questions);
                for (std::size_t i = 0; i < questions; ++i) {
                    own->prepare(asked[i], hash, "secret " + std::to_string(i % secrets));
                    if (!auth::admitted(pool.try_begin(asked[i], now()))) return;
                }
                for (const auto& q : asked) {
                    own->wait_for(q);
                    if (q.told != 1) ++twice;
                    if (q.matches) ++(*q.matches ? right : wrong);
                }
            });
        threads.clear();
    }
    BOOST_TEST(computed == secrets);
    BOOST_TEST(right == workers * questions / secrets);
    BOOST_TEST(wrong == workers * questions * (secrets - 1) / secrets);
    BOOST_TEST(twice == 0);
}

BOOST_AUTO_TEST_SUITE_END()
