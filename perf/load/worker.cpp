#include "worker.hpp"

#include "fault.hpp"

#include <utility>

namespace load {
namespace {

constexpr std::size_t opening_max = 128; // less than a listener's backlog
constexpr std::size_t input_size = 65536;
constexpr auto look_every = std::chrono::milliseconds(20);
constexpr auto connecting_max = std::chrono::seconds(10);

} // namespace

worker::worker(const work& plan)
    : plan_(plan),
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE),
      due_timer_(context_),
      look_timer_(context_),
      input_(input_size),
      around_{context_, *this, plan.to, plan.tls, input_},
      questions_(plan.what, plan.to.host, plan.seed, plan.thread, plan.threads),
      seen_(plan.what.size()) {
    for (std::size_t i = 0; i < plan.connections; ++i)
        connections_.push_back(std::make_unique<connection>(around_, i));
}

void worker::connect() {
    open_more();
    while (opened_ < connections_.size() && cannot_open_.empty())
        if (context_.run_one_for(connecting_max) == 0) cannot_open_ = "it takes more than 10 s";
    if (!cannot_open_.empty())
        throw fault(plan_.to.text + ": " + std::to_string(opened_) + " of " +
                    std::to_string(connections_.size()) + " connections could be opened: " +
                    cannot_open_ + "; see that the server runs there and takes so many");
}

void worker::open_more() {
    while (opening_ < connections_.size() && opening_ - opened_ < opening_max)
        connections_[opening_++]->open();
}

void worker::run(const period& when) {
    when_ = when;
    runs_ = true;
    if (plan_.rate) {
        // Threads take turns at a steady pace.
        const double turn =
            static_cast<double>(plan_.thread) / static_cast<double>(plan_.threads) / *plan_.rate;
        const instant first = when.begin + as_instant(turn);
        loop_.emplace(
            arrivals::plan{*plan_.rate, plan_.random_arrivals, first, when.end, ~plan_.seed},
            connections_.size());
    }
    context_.restart();
    look_around();
    due_timer_.expires_at(as_time_point(when.begin));
    due_timer_.async_wait([this](boost::system::error_code) {
        const instant now = read_clock();
        for (auto& each :
             connections_) // the server may have closed some, which are used once they are open
            if (each->is_idle()) use(*each, now);
        if (loop_) wake_when_due();
    });
    context_.run();
    count_unanswered();
}

// A connection is free.
void worker::use(connection& which, instant now) {
    if (loop_) {
        loop_->is_free(which.index());
        ask_what_is_due(now);
    } else if (now < when_.end) {
        ask(which, now, now);
    }
    if (now >= when_.end) stop_if_done(now);
}

void worker::ask_what_is_due(instant now) {
    while (const auto start = loop_->next(now))
        ask(*connections_[start->connection], start->due, now);
}

void worker::wake_when_due() {
    const auto at = loop_->wakes_at();
    if (wakes_ || !at) return;
    wakes_ = true;
    due_timer_.expires_at(as_time_point(*at));
    due_timer_.async_wait([this](boost::system::error_code) {
        wakes_ = false;
        ask_what_is_due(read_clock());
        wake_when_due();
    });
}

void worker::ask(connection& which, instant due, instant now) {
    const auto question = questions_.draw();
    ++under_way_;
    which.ask({question.kind, question.number, due, now}, question.bytes,
              plan_.what[question.kind].method == "HEAD");
}

void worker::is_open(connection& which) {
    if (runs_) return use(which, read_clock());
    ++opened_;
    open_more();
}

void worker::has_answer(connection& which) {
    const instant now = read_clock();
    --under_way_;
    count(which, now);
    if (which.answer().keeps_alive()) return use(which, now);
    which.close();
    if (now >= when_.end) return stop_if_done(now);
    which.open();
}

void worker::was_closed(connection& which) {
    if (!runs_) return cannot_open(which, "the server closes it at once");
    if (loop_) loop_->is_gone(which.index());
    const instant now = read_clock();
    if (now >= when_.end) return;
    seen_.reopened += measures(now);
    which.open();
}

void worker::is_lost(connection& which, bool was_asked, const std::string& why) {
    if (!runs_) return cannot_open(which, why);
    if (was_asked) --under_way_;
    if (loop_) loop_->is_gone(which.index());
    const instant due = which.request().due;
    if (was_asked && measures(due))
        seen_.overdue.record(static_cast<std::uint64_t>(read_clock() - due));
    if (!was_asked || measures(due)) count_error(seen_.lost, why);
    closed_.push_back(&which);
}

void worker::cannot_open(connection& which, const std::string& why) {
    if (!runs_) {
        cannot_open_ = why;
        return;
    }
    if (measures(read_clock())) count_error(seen_.lost, "no connection: " + why);
    closed_.push_back(&which);
}

void worker::count_error(std::uint64_t& which, const std::string& why) {
    ++which;
    if (seen_.first_error.empty()) seen_.first_error = why;
}

void worker::count(const connection& which, instant now) {
    const auto& [kind, number, due, sent] = which.request();
    const auto& answer = which.answer();
    const digits written(number);
    const auto found =
        checker_.judge(plan_.what[kind].expect, written.view(), answer.status(), answer.body());
    if (found == verdict::wrong) count_wrong(which);
    if (!measures(due)) return;
    const auto latency = static_cast<std::uint64_t>(now - due);
    if (found == verdict::right) seen_.by_kind[kind].record(latency);
    if (found == verdict::refused) seen_.refused.record(latency);
    if (now >= when_.end) return;
    ++seen_.answers_in_time;
    seen_.right_in_time += found == verdict::right;
}

void worker::count_wrong(const connection& which) {
    ++seen_.wrong;
    if (!seen_.first_wrong.empty()) return;
    const auto& request = which.request();
    const auto& answer = which.answer();
    seen_.first_wrong = checker_.explain(plan_.what[request.kind], digits(request.number).view(),
                                         answer.status(), answer.body());
}

// What needs no haste: connections to open again, requests that take too long, and the end.
void worker::look_around() {
    const instant now = read_clock();
    if (now >= when_.measured && !std::exchange(is_measuring_, true) && loop_)
        loop_->forget_backlog_max();
    end_late_requests(now);
    if (now < when_.end)
        for (auto* each : std::exchange(closed_, {}))
            each->open();
    stop_if_done(now);
    look_timer_.expires_after(look_every);
    look_timer_.async_wait([this](boost::system::error_code) { look_around(); });
}

void worker::end_late_requests(instant now) {
    for (auto& each : connections_) {
        const instant due = each->request().due;
        if (!each->is_busy() || now - each->request().sent < plan_.timeout) continue;
        each->close();
        --under_way_;
        closed_.push_back(each.get());
        if (!measures(due)) continue;
        seen_.overdue.record(static_cast<std::uint64_t>(now - due));
        count_error(seen_.timeouts, "no answer in time");
    }
}

void worker::stop_if_done(instant now) {
    const bool is_done = now >= when_.end && under_way_ == 0 && (!loop_ || loop_->is_over());
    if (is_done || now >= when_.drained) context_.stop();
}

void worker::count_unanswered() {
    const instant now = read_clock();
    const auto count = [&](instant due) {
        if (!measures(due)) return;
        ++seen_.unanswered;
        seen_.overdue.record(static_cast<std::uint64_t>(now - due));
    };
    for (const auto& each : connections_)
        if (each->is_busy()) count(each->request().due);
    if (!loop_) return;
    while (const auto due = loop_->give_up())
        count(*due);
    seen_.backlog_max = loop_->backlog_max();
}

} // namespace load
