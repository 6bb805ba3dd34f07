package io.llamamesh.agent.net;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** {@code ppoll} over sockets and an {@code eventfd} that other threads write to. */
final class NativePoller implements Poller {

  private static final int ENTRY = 8;
  private static final long SECOND = 1_000_000_000L;

  private final MemorySegment errno;
  private final MemorySegment timeout;
  private final MemorySegment counter;
  private final List<NativeSocket> sockets = new ArrayList<>();
  private final int event;
  private MemorySegment entries;

  private final Object lock = new Object();
  private final MemorySegment wakeErrno;
  private final MemorySegment one;
  private boolean closed;

  NativePoller() throws IOException {
    Arena arena = Arena.ofAuto();
    errno = arena.allocate(Libc.errnoBytes(), 8);
    wakeErrno = arena.allocate(Libc.errnoBytes(), 8);
    timeout = arena.allocate(16, 8);
    counter = arena.allocate(8, 8);
    one = arena.allocate(8, 8);
    one.set(JAVA_LONG, 0, 1);
    event = Libc.eventfd(errno);
    if (event < 0) {
      throw new IOException("eventfd failed with error " + -event);
    }
    entries = entries();
  }

  /** {@code struct pollfd}: descriptor 4, wanted 2, happened 2; the event first. */
  private MemorySegment entries() {
    MemorySegment all = Arena.ofAuto().allocate((long) ENTRY * (sockets.size() + 1), 8);
    all.set(JAVA_INT, 0, event);
    all.set(JAVA_SHORT, 4, Libc.POLLIN);
    for (int i = 0; i < sockets.size(); i++) {
      long at = (long) ENTRY * (i + 1);
      all.set(JAVA_INT, at, sockets.get(i).fd());
      all.set(JAVA_SHORT, at + 4, Libc.POLLIN);
    }
    return all;
  }

  @Override
  public void add(UdpSocket socket) {
    sockets.add((NativeSocket) socket);
    entries = entries();
  }

  @Override
  public void remove(UdpSocket socket) {
    sockets.remove((NativeSocket) socket);
    entries = entries();
  }

  @Override
  public void await(long timeoutNanos) {
    long nanos = Math.max(0, timeoutNanos);
    timeout.set(JAVA_LONG, 0, nanos / SECOND);
    timeout.set(JAVA_LONG, 8, nanos % SECOND);
    int ready = Libc.ppoll(errno, entries, sockets.size() + 1L, timeout);
    if (ready > 0 && entries.get(JAVA_SHORT, 6) != 0) {
      var _ = Libc.read(errno, event, counter, 8);
    }
  }

  @Override
  public void wakeup() {
    synchronized (lock) {
      if (!closed) {
        var _ = Libc.write(wakeErrno, event, one, 8);
      }
    }
  }

  @Override
  public void close() {
    synchronized (lock) {
      if (!closed) {
        closed = true;
        var _ = Libc.close(wakeErrno, event);
      }
    }
  }
}
