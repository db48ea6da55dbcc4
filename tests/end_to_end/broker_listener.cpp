// RabbitMQ's questions through a listener of its own, as the manual has it: what asks there is
// known without a certificate, and nobody else is answered.
#include "device_server.hpp"
#include "oauth_node.hpp"

using namespace latchkey::test;

namespace {

struct listening_server {
    temporary_folder folder;
    std::string path = folder.file("rabbitmq.sock");
    migrated_database database;
    server_process server{database.uri(),
                          {},
                          "[[callers]]\nunix_listener = \"unix:" + path +
                              "\"\nscopes = \"latchkey:verify\"\norganization = \"ours\"\n",
                          {},
                          {},
                          {.more_places = ", unix:" + path}};

    listening_server() {
        BOOST_REQUIRE(server.wait_for("/readyz", 200));
        for (const auto* id : {"ours", "theirs"})
            server.create_organization(id);
    }
    device make(const std::string& id, const std::string& of) const {
        const auto made = server.command({"device", "register", "--organization", of, "--name", "D",
                                          "--id", id, "--scopes", "mqtt:publish:a/%c", "--json"});
        BOOST_REQUIRE_MESSAGE(made.exit_code == 0, made.err);
        return {id, std::string(
                        boost::json::parse(made.out).as_object().at("device_secret").as_string())};
    }
};

std::string login(const device& d) {
    return post_form("/integrations/rabbitmq/user",
                     "username=" + d.id + "&password=" + d.secret + "&vhost=%2F&client_id=" + d.id);
}
std::string publication(const device& d, const std::string& key) {
    return post_form("/integrations/rabbitmq/topic",
                     "username=" + d.id + "&vhost=%2F&resource=topic&name=amq.topic&" +
                         "permission=write&tags=&routing_key=" + key +
                         "&variable_map.client_id=" + d.id);
}

} // namespace

BOOST_AUTO_TEST_SUITE(broker_listener)

BOOST_AUTO_TEST_CASE(who_asks_there_is_known_and_nobody_else_is) {
    const listening_server w;
    const auto door = w.make("door", "ours");
    const auto theirs = w.make("window", "theirs");
    const auto word = [&](const std::string& question) {
        const auto a = client(w.path).ask(question);
        BOOST_TEST(a.status == 200);
        return a.body;
    };
    BOOST_TEST(word(login(door)) == "allow");
    BOOST_TEST(word(login({"door", "wrong"})) == "deny");
    BOOST_TEST(word(login(theirs)) == "deny");
    BOOST_TEST(word(publication(door, "a.door")) == "allow");
    BOOST_TEST(word(publication(door, "a.window")) == "deny");
    for (const auto& question : {login(door), publication(door, "a.door")})
        for (const auto& a :
             {w.server.ask(question), client(w.server.api_socket()).ask(question)}) {
            BOOST_TEST(a.status == 401);
            BOOST_TEST(a.body == "deny");
        }
}

BOOST_AUTO_TEST_SUITE_END()
