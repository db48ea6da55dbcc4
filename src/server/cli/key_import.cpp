#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/json_items.hpp"
#include "server/cli/key_adoption.hpp"
#include "server/cli/progress.hpp"

#include <latchkey/api/admin_requests.hpp>
#include <latchkey/core/text/json_text.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {.name = "format",
     .value_name = "NAME",
     .help = "who wrote the file: latchkey, better-auth or unkey; without it, latchkey",
     .values = "latchkey|better-auth|unkey"},
    {"organization", "ID", "the organization of keys that name none"},
    {"dry-run", "", "change nothing, and say what would be done"},
    {"adopt-from-organizations", "",
     "in place of a file: take over the keys of organizations.api_keys"},
    socket_option,
    json_option,
};

constexpr const auto& fields = api::admin_requests::import_api_keys;
// Less than the default of server.batch_bytes_max, with room for what is around the items.
constexpr std::size_t request_bytes_max = std::size_t{900} * 1024;
constexpr std::size_t request_items_max = 1000;
constexpr std::size_t item_bytes_max = std::size_t{64} * 1024;

bool is_object(const std::string& text) {
    boost::json::error_code error;
    return boost::json::parse(text, error).is_object() && !error;
}

// Gathers items into requests, and names those that are skipped.
class importer {
  public:
    importer(const command_line& line, command_context& context, double bytes)
        : line_(line), context_(context), socket_(admin_socket(line, context)), bytes_(bytes) {}

    /// Returns the exit code.
    int run(std::istream& in) {
        json_items items(in, item_bytes_max);
        while (code_ == exit_code::ok) {
            auto item = items.next();
            read_ = items.read();
            if (!item) break;
            what_ = items.is_array() ? "element " : "line ";
            take(std::move(*item));
        }
        if (code_ == exit_code::ok) send();
        progress_.clear();
        if (items.is_cut_off()) {
            context_.err << "latchkey: the file ends within its array: it is cut off\n";
            ++skipped_;
        }
        tell();
        if (code_ != exit_code::ok) return code_;
        return skipped_ > 0 ? exit_code::usage : exit_code::ok;
    }

  private:
    void take(json_item item) {
        if (item.too_long) return skip(item.number, "it is too long");
        if (!is_object(item.text)) return skip(item.number, "it is no JSON object");
        const bool full = waiting_bytes_ + item.text.size() > request_bytes_max ||
                          waiting_.size() == request_items_max;
        if (full) send();
        waiting_bytes_ += item.text.size() + 1;
        waiting_.push_back(std::move(item));
    }
    void send() {
        send(waiting_);
        waiting_.clear();
        waiting_bytes_ = 0;
        progress_.show(std::to_string(created_ + existed_) + " keys", read_, bytes_);
    }
    // One item that the server or the database cannot read makes a whole request fail. The request
    // is then sent in halves, until that item is found and the others are imported.
    void send(std::span<const json_item> items) {
        if (items.empty() || code_ != exit_code::ok) return;
        const auto answer = ask_admin(socket_, "/admin/v1/api-keys/import", request_of(items));
        if (answer.exit_code == exit_code::ok)
            return count(boost::json::parse(answer.body).as_object(), items);
        if (answer.exit_code != exit_code::usage) return stop(answer, items);
        if (items.size() == 1) return skip(items[0].number, answer.complaint);
        const auto half = items.size() / 2;
        send(items.first(half));
        send(items.subspan(half));
    }
    std::string request_of(std::span<const json_item> items) const {
        std::string out = "{";
        const auto add = [&](std::string_view name) -> std::string& {
            if (out.size() > 1) out += ',';
            core::append_json_string(out, name);
            return out += ':';
        };
        if (const auto format = line_.get("format"))
            core::append_json_string(add(fields.name("format")), *format);
        if (const auto id = line_.get("organization"))
            core::append_json_string(add(fields.name("organization_id")), *id);
        if (line_.has("dry-run")) add(fields.name("dry_run")) += "true";
        add(fields.name("keys"));
        for (const auto& item : items)
            (out += &item == items.data() ? '[' : ',') += item.text;
        return out += "]}";
    }
    void count(const boost::json::object& answer, std::span<const json_item> items) {
        const auto& results = answer.at("results").as_array();
        for (std::size_t i = 0; i < results.size() && i < items.size(); ++i) {
            const auto& one = results[i].as_object();
            const auto& outcome = one.at("outcome").as_string();
            if (outcome == "created") ++created_;
            if (outcome == "exists") ++existed_;
            if (outcome == "skipped") skip(items[i].number, std::string(one.at("why").as_string()));
            const auto& stripped = one.at("stripped_scopes").as_array();
            if (!stripped.empty() && outcome == "created") strip(items[i].number, one);
        }
    }
    void stop(const admin_answer& answer, std::span<const json_item> items) {
        progress_.clear();
        code_ = answer.exit_code;
        context_.err << "latchkey: from " << what_ << items.front().number
                     << " on, nothing is imported: " << answer.complaint
                     << "\nImport the same file again: what is there already stays as it is.\n";
    }
    void skip(std::size_t number, const std::string& why) {
        progress_.clear();
        ++skipped_;
        context_.err << what_ << number << ": " << why << '\n';
        add_report(skips_, number, R"("why":)", why);
    }
    void strip(std::size_t number, const boost::json::object& key) {
        progress_.clear();
        ++stripped_;
        const auto scopes = boost::json::serialize(key.at("stripped_scopes"));
        context_.err << what_ << number << ": it gets no " << scopes
                     << ": such scopes are given by operators who hold them\n";
        if (!strips_.empty()) strips_ += ',';
        strips_ += R"({"item":)" + std::to_string(number) + R"(,"key_id":)" +
                   boost::json::serialize(key.at("key_id")) + R"(,"scopes":)" + scopes + '}';
    }
    static void add_report(std::string& list, std::size_t number, std::string_view name,
                           const std::string& text) {
        if (!list.empty()) list += ',';
        list += R"({"item":)" + std::to_string(number) + ',';
        list += name;
        core::append_json_string(list, text);
        list += '}';
    }
    void tell() {
        if (line_.has("json"))
            context_.out << R"({"dry_run":)" << (line_.has("dry-run") ? "true" : "false")
                         << R"(,"created":)" << created_ << R"(,"exists":)" << existed_
                         << R"(,"skipped":[)" << skips_ << R"(],"stripped":[)" << strips_ << "]}\n";
        else
            context_.out << (line_.has("dry-run") ? "would create  " : "created       ") << created_
                         << "\nexist         " << existed_ << "\nskipped       " << skipped_
                         << "\nstripped      " << stripped_ << '\n';
    }

    const command_line& line_;
    command_context& context_;
    const admin_place socket_;
    const double bytes_; // size of the file; 0: not known
    progress progress_{context_.err};
    int code_ = exit_code::ok;
    const char* what_ = "line ";
    double read_ = 0;
    std::vector<json_item> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::size_t created_ = 0;
    std::size_t existed_ = 0;
    std::size_t skipped_ = 0;
    std::size_t stripped_ = 0; // keys that got none of their scopes latchkey:*
    std::string skips_;
    std::string strips_;
};

int import_file(const command_line& line, command_context& context, const std::string& path) {
    if (path == "-") return importer(line, context, 0).run(context.in);
    std::ifstream file(path);
    if (!file) return refuse(context, path + " cannot be read");
    std::error_code unknown;
    const auto bytes = std::filesystem::file_size(path, unknown);
    return importer(line, context, unknown ? 0 : static_cast<double>(bytes)).run(file);
}

int run(const command_line& line, command_context& context) {
    const bool adopts = line.has("adopt-from-organizations");
    if (adopts && (line.argument || line.has("format")))
        return refuse(context, "--adopt-from-organizations takes no file and no --format");
    if (adopts) return adopt_keys(line, context);
    if (!line.argument)
        return refuse(context, "key import needs FILE, or - for standard input, or "
                               "--adopt-from-organizations");
    return import_file(line, context, *line.argument);
}

} // namespace

const command key_import_command = {
    .name = "key import",
    .summary = "Imports API keys by their hashes, or takes the older service's keys over",
    .options = options,
    .run = run,
    .argument = "[FILE]",
    .example = "latchkey key import keys.jsonl --organization acme"};

} // namespace latchkey::server
