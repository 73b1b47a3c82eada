// A benchmark of copies on one device or folder: what is done in which order, and what has come of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/bench/counters.h"
#include "tools/bench/load.h"
#include "tools/bench/plan.h"
#include "tools/bench/subject.h"

namespace zonecopy::benching {

struct Request {
  Load load;
  bool destroy = false;  ///< zones of a device that hold data may be reset
  Counted counted;
};

/// One shape in one mode, all rounds of it.
struct Case {
  Shape shape;
  Mode mode = Mode::automatic;
  std::string not_measured_because;   ///< empty if it was
  std::vector<double> seconds;        ///< from the first copy's begin to the last one's end, of each round
  std::vector<double> flush_seconds;  ///< after that, until all was durable
  Copied copied;                      ///< of all rounds
  Counters used;                      ///< during `seconds` of all rounds
  bool verified = false;

  [[nodiscard]] double bytes_per_second() const;   ///< of the median round; 0 where none has ended
  [[nodiscard]] double copies_per_second() const;  ///< likewise
};

struct Outcome {
  std::optional<Plan> plan;
  std::vector<Case> cases;
  std::optional<Error> error;  ///< EINTR: interrupted. What was measured before is in `cases`.
};

/// Fills sources, measures, and leaves the zones that it has used empty, also where it fails or is stopped. Modes of one
/// shape take turns, and which is first changes. Nothing is changed where there is an error before the sources are filled.
Outcome measure(Subject& subject, const Request& request, const Watch& watch);

}  // namespace zonecopy::benching
