#include "server/cli/importer.hpp"

#include <latchkey/core/text/json_text.hpp>

#include <boost/json/parse.hpp>

#include <filesystem>
#include <fstream>

namespace latchkey::server {

namespace {

bool is_object(const std::string& text) {
    boost::json::error_code error;
    return boost::json::parse(text, error).is_object() && !error;
}

} // namespace

void import_remarks::say(const json_item& item, const std::string& text) {
    progress_.clear();
    err_ << word_ << ' ' << item.number << ": " << text << '\n';
}

void import_remarks::skip(const json_item& item, const std::string& why) {
    ++skipped_;
    say(item, why);
    skipped_json_ += skipped_json_.empty() ? "{" : ",{";
    core::append_json_string(skipped_json_, number_name_);
    skipped_json_ += ':' + std::to_string(item.number) + R"(,"why":)";
    core::append_json_string(skipped_json_, why);
    skipped_json_ += '}';
}

// Gathers items into requests.
class importer {
  public:
    /// `bytes`: the size of the file; 0 if it is not known.
    importer(import_kind& kind, const command_line& line, command_context& context, double bytes)
        : kind_(kind),
          bounds_(kind.bounds()),
          context_(context),
          socket_(admin_socket(line, context)),
          bytes_(bytes),
          remarks_(context.err, kind.number_name()) {}

    /// Returns the exit code.
    int run(std::istream& in) {
        json_items items(in, bounds_.item_bytes);
        while (code_ == exit_code::ok) {
            auto item = items.next();
            read_ = items.read();
            if (!item) break;
            if (items.is_array()) remarks_.word_ = "element";
            take(std::move(*item));
        }
        if (code_ == exit_code::ok) send();
        remarks_.progress_.clear();
        if (items.is_cut_off()) {
            context_.err << "latchkey: the file ends within its array: it is cut off\n";
            ++remarks_.skipped_;
        }
        kind_.tell(context_.out, remarks_);
        if (code_ != exit_code::ok) return code_;
        return remarks_.skipped() > 0 ? exit_code::usage : exit_code::ok;
    }

  private:
    void take(json_item item) {
        if (item.too_long) return remarks_.skip(item, "it is too long");
        if (!is_object(item.text)) return remarks_.skip(item, "it is no JSON object");
        const bool full = waiting_bytes_ + item.text.size() > bounds_.request_bytes ||
                          waiting_.size() == bounds_.request_items;
        if (full) send();
        waiting_bytes_ += item.text.size() + 1;
        waiting_.push_back(std::move(item));
    }
    void send() {
        send(waiting_);
        waiting_.clear();
        waiting_bytes_ = 0;
        remarks_.progress_.show(kind_.so_far(), read_, bytes_);
    }
    // One item that the server or the database cannot read makes a whole request fail. The request
    // is then sent in halves, until that item is found and the others are imported.
    void send(std::span<const json_item> items) {
        if (items.empty() || code_ != exit_code::ok) return;
        const auto answer = ask_admin(socket_, std::string(kind_.target()), request_of(items));
        if (answer.exit_code == exit_code::ok)
            return kind_.count(boost::json::parse(answer.body).as_object(), items, remarks_);
        if (answer.exit_code != exit_code::usage) return stop(answer, items);
        if (items.size() == 1) return remarks_.skip(items[0], answer.complaint);
        const auto half = items.size() / 2;
        send(items.first(half));
        send(items.subspan(half));
    }
    std::string request_of(std::span<const json_item> items) const {
        auto out = kind_.opening();
        for (const auto& item : items)
            (out += &item == items.data() ? '[' : ',') += item.text;
        return out += "]}";
    }
    void stop(const admin_answer& answer, std::span<const json_item> items) {
        remarks_.progress_.clear();
        code_ = answer.exit_code;
        context_.err << "latchkey: " << kind_.stopped(items, remarks_, answer.complaint) << '\n';
    }

    import_kind& kind_;
    const import_bounds bounds_;
    command_context& context_;
    const admin_place socket_;
    const double bytes_;
    import_remarks remarks_;
    int code_ = exit_code::ok;
    double read_ = 0;
    std::vector<json_item> waiting_;
    std::size_t waiting_bytes_ = 0;
};

int import_file(import_kind& kind, const std::string& path, const command_line& line,
                command_context& context) {
    if (path == "-") return importer(kind, line, context, 0).run(context.in);
    std::ifstream file(path);
    if (!file) return refuse(context, path + " cannot be read");
    std::error_code unknown;
    const auto bytes = std::filesystem::file_size(path, unknown);
    return importer(kind, line, context, unknown ? 0 : static_cast<double>(bytes)).run(file);
}

} // namespace latchkey::server
