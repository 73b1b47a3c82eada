#include "tools/clone/workers.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "zonecopy/sync.h"

namespace zonecopy::cloning {
namespace {

struct Shared {
  std::vector<ZoneTask*> tasks;
  const ZoneStep& step;
  const Watch& watch;
  std::size_t next = 0;
  std::optional<Error> error;
  Gate gate;
};

Task<void> work(Shared& shared) {
  const GatePass pass(shared.gate);
  while (shared.next < shared.tasks.size() && !shared.error) {
    if (shared.watch.stopped()) {
      shared.error = Error(EINTR, "clone", "interrupted");
      break;
    }
    ZoneTask& task = *shared.tasks[shared.next++];
    Task<Status> begun = shared.step(task);
    const Status done = co_await begun;
    if (!done && !shared.error) shared.error = done.error();
  }
}

}  // namespace

Task<Status> for_each_zone(EventLoop& loop, std::vector<ZoneTask*> tasks, std::uint32_t jobs, const ZoneStep& step,
                           const Watch& watch) {
  Shared shared{std::move(tasks), step, watch, 0, std::nullopt, {}};
  const std::size_t workers = std::min<std::size_t>(jobs, shared.tasks.size());
  for (std::size_t i = 0; i < workers; ++i) loop.spawn(work(shared));
  Event& ended = shared.gate.drained();
  co_await ended;
  if (shared.error) co_return *shared.error;
  co_return Status();
}

}  // namespace zonecopy::cloning
