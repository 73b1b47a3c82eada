#include "src/uring/farewell.h"

#include <utility>

namespace zonecopy {
namespace {

Task<void> count(Farewells& farewells, Task<void> task) {
  const GatePass pass(farewells.under_way);
  co_await task;
}

Task<bool> all_said(Farewells& farewells) {
  Event& said = farewells.under_way.drained();
  co_await said;
  co_return true;
}

}  // namespace

void say_farewell(EventLoop& loop, Task<void> task) { loop.spawn(count(loop.shared<Farewells>(), std::move(task))); }

void end_farewells(EventLoop& loop) {
  Farewells& farewells = loop.shared<Farewells>();
  if (farewells.under_way.inside() != 0) loop.run(all_said(farewells));
}

}  // namespace zonecopy
