// Gathers for C.
#include "src/gather/c/convert.h"

namespace zonecopy::gather::c {
namespace {

/// A stop that comes before or during a gather is for that one.
class StopEnds {
 public:
  explicit StopEnds(zonecopy_gatherer& gatherer) : gatherer_(gatherer) {}
  ~StopEnds() { gatherer_.stop.store(false, std::memory_order_relaxed); }
  StopEnds(const StopEnds&) = delete;
  StopEnds& operator=(const StopEnds&) = delete;

 private:
  zonecopy_gatherer& gatherer_;
};

/// What a call asks for, in C++.
struct Request {
  std::vector<GatherRange> ranges;
  std::vector<GatherDestination> destinations;
  GatherOptions options;
};

Result<Request> request_of(const zonecopy_range* ranges, std::size_t range_count,
                           const zonecopy_destination* destinations, std::size_t destination_count,
                           const zonecopy_options* options) {
  Result<std::vector<GatherRange>> from = ranges_of(ranges, range_count);
  if (!from) return from.error();
  Result<std::vector<GatherDestination>> to = destinations_of(destinations, destination_count);
  if (!to) return to.error();
  Result<GatherOptions> how = options_of(options);
  if (!how) return how.error();
  return Request{std::move(*from), std::move(*to), std::move(*how)};
}

/// Fills in the results, and returns what the call returns.
int answer(const Result<std::vector<GatherReport>>& reports, std::size_t range_count, std::size_t destination_count,
           zonecopy_result* results, zonecopy_error* error) {
  int status = reports ? 0 : tell(reports.error(), error);
  for (std::size_t i = 0; i < destination_count; ++i) {
    if (reports && (*reports)[i].error && status == 0) status = tell(*(*reports)[i].error, error);
    if (results == nullptr) continue;
    zonecopy_result& result = element(results, i);
    if (reports) {
      put_report((*reports)[i], range_count, result);
    } else {
      put_refusal(reports.error(), range_count, result);
    }
  }
  return status;
}

}  // namespace
}  // namespace zonecopy::gather::c

using namespace zonecopy;             // NOLINT(google-build-using-namespace): the functions of C stand outside
using namespace zonecopy::gather::c;  // NOLINT(google-build-using-namespace)

int zonecopy_gather(zonecopy_gatherer* gatherer, const zonecopy_range* ranges, size_t range_count,
                    const zonecopy_destination* destinations, size_t destination_count, const zonecopy_options* options,
                    zonecopy_result* results, zonecopy_error* error) {
  return guarded(error, [&] {
    if (gatherer == nullptr) return tell(misuse("gatherer is a null pointer"), error);
    const Status long_enough = check_results(results);
    if (!long_enough) return tell(long_enough.error(), error);
    const StopEnds stop_ends(*gatherer);
    Result<Request> request = request_of(ranges, range_count, destinations, destination_count, options);
    if (!request) return answer(request.error(), range_count, destination_count, results, error);
    request->options.stop = &gatherer->stop;
    const Result<std::vector<GatherReport>> reports =
        gatherer->gatherer->gather(request->ranges, request->destinations, request->options);
    return answer(reports, range_count, destination_count, results, error);
  });
}

int zonecopy_plan_gather(zonecopy_gatherer* gatherer, const zonecopy_range* ranges, size_t range_count,
                         const zonecopy_destination* destination, const zonecopy_options* options, zonecopy_plan* plan,
                         zonecopy_error* error) {
  return guarded(error, [&] {
    if (gatherer == nullptr || plan == nullptr) return tell(misuse("a null pointer"), error);
    if (plan->struct_size < sizeof *plan) return tell(misuse("struct_size of the plan is not set"), error);
    const Result<Request> request = request_of(ranges, range_count, destination, 1, options);
    if (!request) return tell(request.error(), error);
    const Result<GatherPlan> planned =
        gatherer->gatherer->plan(request->ranges, request->destinations.front(), request->options);
    if (!planned) return tell(planned.error(), error);
    put_plan(*planned, *plan);
    return 0;
  });
}
