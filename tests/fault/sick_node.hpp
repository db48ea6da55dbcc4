#pragma once
// A node, its private PostgreSQL and the proxy between them, under steady load.

#include "../end_to_end/faulty_proxy.hpp"
#include "../end_to_end/private_cluster.hpp"
#include "support_load.hpp"

#include <memory>
#include <string>

namespace latchkey::test {

class sick_node {
  public:
    enum class path { direct, unix_proxy, tcp_proxy };

    explicit sick_node(path by = path::direct)
        : proxy(cluster.variable("POSTGRES_SOCKET_DIR") + "/.s.PGSQL.5432") {
        std::ofstream(folder.file("kek")) << std::string(64, 'a') << '\n';
        BOOST_REQUIRE(run({latchkey_binary(), "migrate", "--set", "admin.socket=/none"},
                          {"LATCHKEY_DATABASE__URI=" + cluster.uri()})
                          .exit_code == 0);
        server = std::make_unique<server_process>(uri(by), "workers = 2\n",
                                                  "[tokens]\nkey_encryption_key_file = \"" +
                                                      folder.file("kek") + "\"\n");
        BOOST_REQUIRE(server->wait_for("/readyz", 200));
        load = std::make_unique<steady_load>(*server, make_credentials());
        BOOST_REQUIRE(all_is_well());
    }

    /// Returns true if every kind gets its verdict within that time. It is generous, because the
    /// machine may be slow; perf/sick_database.py measures how soon it is.
    bool all_is_well(std::chrono::nanoseconds within = patience) const {
        return soon(
            [&] {
                load->begin_anew();
                for (int i = 0; i < 100 && !asked_enough(); ++i)
                    std::this_thread::sleep_for(std::chrono::milliseconds(5));
                const auto cold = load->cold();
                return asked_enough() && cold.refused == 0 && breaker() == 0;
            },
            within);
    }
    double breaker() const { return metric(*server, "auth_breaker_state"); }
    bool opens(std::chrono::nanoseconds within = patience) const {
        return soon([&] { return breaker() == 2; }, within);
    }
    std::string health() const { return server->ask(get("/health")).body; }

    /// Call it while the breaker is not closed. At least `count` cold questions get 503 and no
    /// other answer, and do not wait for it; cached credentials are still verified.
    void check_refusals(int count) const {
        load->begin_anew();
        BOOST_TEST(soon([&] { return load->cold().refused >= count; }));
        const auto cold = load->cold();
        // On a machine with too little CPU, a few may be late.
        BOOST_TEST(cold.slow * 20 <= cold.refused);
        BOOST_TEST(load->of("cached key").right > 0);
        BOOST_TEST(load->of("token").right > 0);
        BOOST_TEST(load->of("cached key").refused == 0);
        BOOST_TEST(load->of("token").refused == 0);
    }
    void check_law() const {
        load->stop();
        BOOST_TEST(load->wrong() == "");
    }

    const temporary_folder folder;
    private_cluster cluster;
    faulty_proxy proxy;
    std::unique_ptr<server_process> server;
    std::unique_ptr<steady_load> load;

  private:
    bool asked_enough() const {
        for (const auto* kind : {"cached key", "token", "good", "unknown", "revoked"})
            if (load->of(kind).right < 3) return false;
        return true;
    }
    std::string uri(path by) const {
        if (by == path::direct) return cluster.uri();
        if (by == path::unix_proxy) return "postgresql://latchkey@/latchkey?host=" + proxy.folder();
        return "postgresql://latchkey@127.0.0.1:" + std::to_string(proxy.port()) + "/latchkey";
    }
    known_credentials make_credentials() const {
        const auto organization = server->create_organization();
        known_credentials known;
        known.cached_key = server->create_key(organization);
        known.revoked_key = server->create_key(organization);
        for (int i = 0; i < 4; ++i)
            known.cold_keys.push_back(server->create_key(organization));
        session owner(cluster.uri());
        owner.exec("update latchkey.api_keys set revoked_at = now()" +
                   whose_hash_is_of(known.revoked_key));
        BOOST_REQUIRE(soon([&] {
            return code_of(server->ask(verify(question_of(known.revoked_key)))) == "REVOKED";
        }));
        known.token = issuing_nodes::issue(*server, known.cached_key);
        BOOST_REQUIRE(has_heard_all(*server, owner)); // news would end the cached answer
        BOOST_REQUIRE(gets_cached(*server, known.cached_key));
        return known;
    }
};

} // namespace latchkey::test
