#include "tools/bench/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "tools/bench/verify.h"

namespace zonecopy::benching {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

class Bench {
 public:
  Bench(Subject& subject, const Request& request, const Watch& watch)
      : subject_(subject), request_(request), load_(request.load), watch_(watch) {}

  Outcome carry_out() {
    const Status prepared = prepare();
    if (!prepared) {
      outcome_.error = prepared.error();
      return std::move(outcome_);
    }
    Status measured = measure_all();
    const Status emptied = reset_used();
    if (measured && !emptied) measured = emptied;
    if (!measured) outcome_.error = measured.error();
    return std::move(outcome_);
  }

 private:
  /// All that can be refused is, before anything is changed.
  Status prepare() {
    const Result<Supply> supply = subject_.supply(request_.destroy);
    if (!supply) return supply.error();
    Result<Plan> plan = make_plan(*supply, load_);
    if (!plan) return plan.error().on_device(subject_.facts().name);
    outcome_.plan = std::move(*plan);
    const Result<Counters> counters = read_counters(request_.counted);
    if (!counters) return counters.error();
    for (const Shape& shape : load_.shapes) {
      for (const Mode mode : load_.modes) add_case(shape, mode);
    }
    const auto measurable = [](const Case& each) { return each.not_measured_because.empty(); };
    if (std::ranges::any_of(outcome_.cases, measurable)) return subject_.make_writable();
    return Error(EOPNOTSUPP, "bench", outcome_.cases.front().not_measured_because).on_device(subject_.facts().name);
  }

  void add_case(const Shape& shape, Mode mode) {
    Case added;
    added.shape = shape;
    added.mode = mode;
    added.not_measured_because = why_not_measured(*outcome_.plan, shape, subject_.facts().block_size_bytes);
    if (added.not_measured_because.empty()) added.not_measured_because = subject_.why_not(mode);
    outcome_.cases.push_back(std::move(added));
  }

  Status measure_all() {
    if (request_.destroy) {
      const Status emptied = reset_used();
      if (!emptied) return emptied;
    }
    watch_.begin("fill", outcome_.plan->job_bytes * outcome_.plan->jobs.size());
    const Status filled = subject_.fill(*outcome_.plan, load_, watch_);
    if (!filled) return filled;
    for (std::size_t shape = 0; shape < load_.shapes.size(); ++shape) {
      for (std::uint32_t round = 0; round < load_.rounds; ++round) {
        const Status measured = measure_shape(shape, round);
        if (!measured) return measured;
      }
    }
    return {};
  }

  Status measure_shape(std::size_t shape, std::uint32_t round) {
    const std::size_t modes = load_.modes.size();
    for (std::size_t turn = 0; turn < modes; ++turn) {
      Case& each = outcome_.cases[shape * modes + (turn + round) % modes];
      if (!each.not_measured_because.empty()) continue;
      const Status measured = measure_once(each);
      if (!measured) return measured;
    }
    return {};
  }

  Status measure_once(Case& each) {
    const Plan& plan = *outcome_.plan;
    watch_.begin("copy", bytes_of(each.shape));
    const Result<Counters> before = read_counters(request_.counted);
    if (!before) return before.error();
    const Clock::time_point begin = Clock::now();
    const Status done = subject_.run(plan, load_, each.shape, each.mode, watch_, each.copied);
    const double seconds = seconds_since(begin);
    if (!done) return done;
    const Result<Counters> after = read_counters(request_.counted);
    if (!after) return after.error();
    each.used += *after - *before;
    each.seconds.push_back(seconds);
    const Clock::time_point copied = Clock::now();
    const Status durable = subject_.flush(plan);
    if (!durable) return durable;
    each.flush_seconds.push_back(seconds_since(copied));
    return verify_and_empty(each);
  }

  Status verify_and_empty(Case& each) {
    if (load_.verify) {
      watch_.begin("verify", bytes_of(each.shape));
      const Status verified = verify(subject_, *outcome_.plan, load_, each.shape, watch_);
      if (!verified) return verified;
      each.verified = true;
    }
    std::vector<std::size_t> destinations;
    for (const JobZones& job : outcome_.plan->jobs) {
      destinations.insert(destinations.end(), job.destinations.begin(), job.destinations.end());
    }
    return subject_.reset(destinations);
  }

  Status reset_used() {
    std::vector<std::size_t> zones;
    for (const JobZones& job : outcome_.plan->jobs) {
      zones.insert(zones.end(), job.sources.begin(), job.sources.end());
      zones.insert(zones.end(), job.destinations.begin(), job.destinations.end());
    }
    return subject_.reset(zones);
  }

  [[nodiscard]] std::uint64_t bytes_of(const Shape& shape) const {
    return Walk(*outcome_.plan, shape, load_, 0).steps() * shape.bytes() * outcome_.plan->jobs.size();
  }

  Subject& subject_;
  const Request& request_;
  const Load& load_;
  const Watch& watch_;
  Outcome outcome_;
};

}  // namespace

double Case::bytes_per_second() const { return copies_per_second() * static_cast<double>(shape.bytes()); }

double Case::copies_per_second() const {
  if (seconds.empty()) return 0;
  const auto rounds = static_cast<double>(seconds.size());
  return static_cast<double>(copied.copies) / rounds / std::max(median(seconds), 1e-9);
}

Outcome measure(Subject& subject, const Request& request, const Watch& watch) {
  return Bench(subject, request, watch).carry_out();
}

}  // namespace zonecopy::benching
