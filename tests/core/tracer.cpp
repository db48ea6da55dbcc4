#include <latchkey/core/trace/tracer.hpp>

#include <boost/test/unit_test.hpp>

#include <set>

using namespace latchkey;
using core::trace_sampler;

namespace {

constexpr std::string_view sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::string_view unsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

} // namespace

BOOST_AUTO_TEST_SUITE(tracer)

BOOST_AUTO_TEST_CASE(each_sampler_decides_as_it_is_called) {
    struct {
        trace_sampler sampler;
        double ratio;
        bool alone, below_sampled, below_unsampled;
    } const cases[] = {
        {trace_sampler::parentbased_always_on, 1, true, true, false},
        {trace_sampler::parentbased_always_off, 1, false, true, false},
        {trace_sampler::parentbased_traceidratio, 0, false, true, false},
        {trace_sampler::parentbased_traceidratio, 1, true, true, false},
        {trace_sampler::always_on, 0, true, true, true},
        {trace_sampler::always_off, 1, false, false, false},
        {trace_sampler::traceidratio, 0, false, false, false},
        {trace_sampler::traceidratio, 1, true, true, true},
    };
    core::span_queue queue(1);
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(static_cast<int>(c.sampler) << " " << c.ratio) {
            core::tracer by(&queue, c.sampler, c.ratio, 7);
            BOOST_TEST(by.begin("").is_sampled() == c.alone);
            BOOST_TEST(by.begin(sampled).is_sampled() == c.below_sampled);
            const auto below = by.begin(unsampled);
            BOOST_TEST(below.is_sampled() == c.below_unsampled);
            BOOST_TEST(below.here.sampled == c.below_unsampled); // what is handed on says so
        }
}

BOOST_AUTO_TEST_CASE(a_request_is_below_its_caller_and_a_wait_below_the_request) {
    core::span_queue queue(1);
    core::tracer by(&queue, trace_sampler::parentbased_always_on, 1, 7);
    const auto here = by.begin(sampled);
    BOOST_TEST(here.parent == 0x00f067aa0ba902b7u);
    BOOST_TEST(here.here.trace_high == 0x4bf92f3577b34da6u);
    BOOST_TEST(here.here.span != here.parent);
    const auto child = by.child_of(here);
    BOOST_TEST(child.parent == here.here.span);
    BOOST_TEST(child.id.span != here.here.span);
    BOOST_TEST(child.id.trace_low == here.here.trace_low);
    const auto root = by.begin("not-a-traceparent");
    BOOST_TEST(root.parent == 0u);
    BOOST_TEST(root.here.is_set());
}

BOOST_AUTO_TEST_CASE(switched_off_it_hands_on_what_came) {
    core::tracer by(nullptr, trace_sampler::always_on, 1, 7);
    BOOST_TEST(!by.begin("").here.is_set());
    BOOST_TEST(!by.begin("nonsense").here.is_set());
    const auto trace = by.begin(sampled);
    BOOST_TEST(!trace.is_sampled());
    BOOST_TEST(trace.here.text() == sampled);
}

BOOST_AUTO_TEST_CASE(ids_differ_and_a_ratio_is_kept) {
    core::span_queue queue(1);
    core::tracer by(&queue, trace_sampler::traceidratio, 0.25, 7);
    std::set<std::uint64_t> traces;
    int chosen = 0;
    for (int i = 0; i < 10'000; ++i) {
        const auto trace = by.begin("");
        traces.insert(trace.here.trace_low);
        chosen += trace.is_sampled() ? 1 : 0;
    }
    BOOST_TEST(traces.size() == 10'000u);
    BOOST_TEST(chosen > 2200);
    BOOST_TEST(chosen < 2800);
}

BOOST_AUTO_TEST_CASE(a_full_queue_loses_and_counts) {
    core::span_queue queue(3);
    for (int i = 0; i < 5; ++i) {
        core::trace_span one;
        one.status = i;
        queue.push(std::move(one));
    }
    BOOST_TEST(queue.dropped() == 2u);
    const auto first = queue.take(2);
    BOOST_REQUIRE(first.size() == 2u);
    BOOST_TEST(first[1].status == 1);
    const auto rest = queue.take(2);
    BOOST_REQUIRE(rest.size() == 1u);
    BOOST_TEST(rest[0].status == 2);
    BOOST_TEST(queue.take(2).empty());
}

BOOST_AUTO_TEST_SUITE_END()
