#include "server/cli/commands.hpp"
#include "server/cli/importer.hpp"
#include "server/cli/key_adoption.hpp"

#include <latchkey/api/admin_requests.hpp>
#include <latchkey/core/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

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

class keys final : public import_kind {
  public:
    explicit keys(const command_line& line) : line_(line) {}

    std::string_view target() const override { return "/admin/v1/api-keys/import"; }
    import_bounds bounds() const override {
        // Less than the default of server.batch_bytes_max, with room for what is around the items.
        return {std::size_t{900} * 1024, 1000, std::size_t{64} * 1024};
    }
    std::string opening() const override {
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
        return add(fields.name("keys"));
    }
    std::string_view number_name() const override { return "item"; }

    void count(const boost::json::object& answer, std::span<const json_item> items,
               import_remarks& remarks) override {
        const auto& results = answer.at("results").as_array();
        for (std::size_t i = 0; i < results.size() && i < items.size(); ++i) {
            const auto& one = results[i].as_object();
            const auto& outcome = one.at("outcome").as_string();
            if (outcome == "created") ++created_;
            if (outcome == "exists") ++existed_;
            if (outcome == "skipped")
                remarks.skip(items[i], std::string(one.at("why").as_string()));
            const auto& stripped = one.at("stripped_scopes").as_array();
            if (!stripped.empty() && outcome == "created") strip(items[i], one, remarks);
        }
    }
    std::string so_far() const override { return std::to_string(created_ + existed_) + " keys"; }
    std::string stopped(std::span<const json_item> items, const import_remarks& remarks,
                        const std::string& complaint) const override {
        return "from " + std::string(remarks.word()) + ' ' + std::to_string(items.front().number) +
               " on, nothing is imported: " + complaint +
               "\nImport the same file again: what is there already stays as it is.";
    }
    void tell(std::ostream& out, const import_remarks& remarks) const override {
        const bool dry_run = line_.has("dry-run");
        if (line_.has("json"))
            out << R"({"dry_run":)" << (dry_run ? "true" : "false") << R"(,"created":)" << created_
                << R"(,"exists":)" << existed_ << R"(,"skipped":[)" << remarks.skipped_json()
                << R"(],"stripped":[)" << strips_ << "]}\n";
        else
            out << (dry_run ? "would create  " : "created       ") << created_ << "\nexist         "
                << existed_ << "\nskipped       " << remarks.skipped() << "\nstripped      "
                << stripped_ << '\n';
    }

  private:
    void strip(const json_item& item, const boost::json::object& key, import_remarks& remarks) {
        ++stripped_;
        const auto scopes = boost::json::serialize(key.at("stripped_scopes"));
        remarks.say(item,
                    "it gets no " + scopes + ": such scopes are given by operators who hold them");
        if (!strips_.empty()) strips_ += ',';
        strips_ += R"({"item":)" + std::to_string(item.number) + R"(,"key_id":)" +
                   boost::json::serialize(key.at("key_id")) + R"(,"scopes":)" + scopes + '}';
    }

    const command_line& line_;
    std::size_t created_ = 0;
    std::size_t existed_ = 0;
    std::size_t stripped_ = 0; // keys that got none of their scopes latchkey:*
    std::string strips_;
};

int run(const command_line& line, command_context& context) {
    const bool adopts = line.has("adopt-from-organizations");
    if (adopts && (line.argument || line.has("format")))
        return refuse(context, "--adopt-from-organizations takes no file and no --format");
    if (adopts) return adopt_keys(line, context);
    if (!line.argument)
        return refuse(context, "key import needs FILE, or - for standard input, or "
                               "--adopt-from-organizations");
    keys kind(line);
    return import_file(kind, *line.argument, line, context);
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
