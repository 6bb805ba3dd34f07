package io.llamamesh.agent.collector;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Flows by the 24 bits that name them on the wire: 16 bits of slot and 8 of generation, so that
 * neither a late reply nor a reflector's memory mixes up two flows; permuted by {@link FlowIds}.
 */
final class FlowTable {

  /** Most flows at a time. */
  static final int LIMIT = 1 << 16;

  private @Nullable Flow[] flows = new Flow[64];
  private byte[] generation = new byte[64];
  private final Deque<Integer> free = new ArrayDeque<>();
  private final FlowIds ids;
  private int used;

  FlowTable(FlowIds ids) {
    this.ids = ids;
  }

  /** An id for a new flow; −1 when all are taken. */
  int reserve() {
    // New slots first, then the longest unused one: reuse comes as late as possible.
    int place;
    if (used < LIMIT) {
      place = used++;
    } else if (!free.isEmpty()) {
      place = free.removeFirst();
    } else {
      return -1;
    }
    if (place >= flows.length) {
      flows = Arrays.copyOf(flows, flows.length * 2);
      generation = Arrays.copyOf(generation, generation.length * 2);
    }
    return ids.onWire((place << 8) | (generation[place] & 0xff));
  }

  private int place(int id) {
    return ids.number(id) >>> 8;
  }

  void put(Flow flow) {
    flows[place(flow.id())] = flow;
  }

  /** The flow with this id; null when there is none (any more). */
  @Nullable Flow get(int id) {
    int place = place(id);
    Flow flow = place < flows.length ? flows[place] : null;
    return flow != null && flow.id() == id ? flow : null;
  }

  void remove(Flow flow) {
    int place = place(flow.id());
    flows[place] = null;
    generation[place]++;
    free.addLast(place);
  }
}
