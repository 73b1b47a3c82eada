#include "zonefs/fuse/interruption.h"

#include "zonefs/core/caller.h"
#include "zonefs/fuse/caller_watch.h"
#include "zonefs/fuse/request.h"

namespace zonecopy::zonefs {

void Interruption::interrupted(fuse_req_t, void* self) {
  auto& interruption = *static_cast<Interruption*>(self);
  if (interruption.ends_ == Ends::on_signal || is_dying(interruption.caller_)) interruption.token_.request();
}

Interruption::Interruption(fuse_req_t request, Ends ends)
    : watch_(session_of(request).callers()), caller_(fuse_req_ctx(request)->pid), ends_(ends) {
  const CancelToken& cut = session_of(request).cut();
  if (cut.requested()) token_.request();
  attach(&cut);
  // libfuse calls the function at once if the interrupt came before, and drops it when the request is answered. This
  // object lives longer than that.
  fuse_req_interrupt_func(request, interrupted, this);
  watch_.add(*this);
}

Interruption::~Interruption() { watch_.remove(*this); }

}  // namespace zonecopy::zonefs
