// What an object that is destroyed while the loop runs has yet to end, as a device its connection.
//
// Nobody waits for it, and a program may end its loop the next moment. So the loop is run until all of it has ended before
// it is destroyed: else its memory would be lost, and the other side never be told.
#pragma once

#include "zonecopy/event_loop.h"
#include "zonecopy/sync.h"
#include "zonecopy/task.h"

namespace zonecopy {

/// One for each loop (EventLoop::shared).
struct Farewells {
  Gate under_way;
};

/// Spawns `task`, which has to come to its end in a bounded time.
void say_farewell(EventLoop& loop, Task<void> task);

/// Runs the loop until all farewells are said. Called by its destructor.
void end_farewells(EventLoop& loop);

}  // namespace zonecopy
