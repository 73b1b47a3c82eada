#include "src/gather/step_clock.h"

#include <thread>

namespace zonecopy::gather {

std::chrono::nanoseconds StepClock::now() const { return std::chrono::steady_clock::now().time_since_epoch(); }

void StepClock::sleep(std::chrono::nanoseconds duration) { std::this_thread::sleep_for(duration); }

}  // namespace zonecopy::gather
