package io.llamamesh.agent.net;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A socket's error queue. A queued error makes the next call fail, whatever its destination; so the
 * kernel's queue is drained at once, and its errors wait here until the owner takes them.
 */
final class ErrorQueue {

  /** Most errors kept for the owner; further ones are only counted. */
  static final int CAPACITY = 256;

  static final int ORIGIN_LOCAL = 1;
  static final int ORIGIN_ICMP = 2;
  static final int ORIGIN_ICMP6 = 3;
  private static final int CONTROL = 256;

  private final MemorySegment errno;
  private final MemorySegment message;
  private final MemorySegment name;
  private final MemorySegment control;
  private final MemorySegment vector;
  private final MemorySegment quotes;
  private final QueuedError queued = new QueuedError();
  private final PeerError[] kinds = new PeerError[CAPACITY];
  private final long[] highs = new long[CAPACITY];
  private final long[] lows = new long[CAPACITY];
  private final int[] ports = new int[CAPACITY];
  private final int[] details = new int[CAPACITY];
  private final int[] quoted = new int[CAPACITY];
  private final boolean[] locals = new boolean[CAPACITY];
  private int kept;
  private int seen;
  private boolean drainedLocal;

  ErrorQueue(MemorySegment errno) {
    this.errno = errno;
    Arena arena = Arena.ofAuto();
    message = arena.allocate(NativeBatch.AT_RECEIVED, 8);
    name = arena.allocate(NativeBatch.NAME, 8);
    control = arena.allocate(CONTROL, 8);
    vector = arena.allocate(NativeBatch.VECTOR, 8);
    // One place more: what is not kept is read, too.
    quotes = arena.allocate((long) QueuedError.QUOTED_BYTES * (CAPACITY + 1), 8);
    queued.quote = quotes.asByteBuffer();
    vector.set(JAVA_LONG, 8, QueuedError.QUOTED_BYTES);
    message.set(JAVA_LONG, 0, name.address());
    message.set(JAVA_LONG, NativeBatch.AT_VECTOR, vector.address());
    message.set(JAVA_LONG, NativeBatch.AT_VECTOR_COUNT, 1);
    message.set(JAVA_LONG, NativeBatch.AT_CONTROL, control.address());
  }

  /** Drains the kernel's queue; returns the number of errors. */
  int drainKernel(int fd) {
    int count = 0;
    drainedLocal = false;
    while (count < 4 * CAPACITY) {
      message.set(JAVA_INT, NativeBatch.AT_NAME_LENGTH, SocketAddress.BYTES);
      message.set(JAVA_LONG, NativeBatch.AT_CONTROL_LENGTH, CONTROL);
      vector.set(JAVA_LONG, 0, quotes.address() + quote(kept));
      int result = Libc.recvmsg(errno, fd, message, Libc.MSG_ERRQUEUE | Libc.MSG_DONTWAIT);
      if (result < 0) {
        return count;
      }
      count++;
      keep(result);
    }
    return count;
  }

  /** Returns whether the last drain met an error of our own host, and not only of the network. */
  boolean hasDrainedLocal() {
    return drainedLocal;
  }

  private static int quote(int slot) {
    return slot * QueuedError.QUOTED_BYTES;
  }

  private void keep(int quotedBytes) {
    seen++;
    long end = Math.min(CONTROL, message.get(JAVA_LONG, NativeBatch.AT_CONTROL_LENGTH));
    for (long at = 0; end - at >= ControlReader.HEADER; ) {
      long length = control.get(JAVA_LONG, at);
      if (length < ControlReader.HEADER || length > end - at) {
        return;
      }
      int level = control.get(JAVA_INT, at + 8);
      int type = control.get(JAVA_INT, at + 12);
      if ((level == Libc.IPPROTO_IP && type == Libc.IP_RECVERR)
          || (level == Libc.IPPROTO_IPV6 && type == Libc.IPV6_RECVERR)) {
        extended(at + ControlReader.HEADER, quotedBytes);
        return;
      }
      at += (length + 7) & ~7L;
    }
  }

  /** {@code struct sock_extended_err}: errno 4, origin 1, type 1, code 1, pad 1, info 4, data 4. */
  private void extended(long at, int quotedBytes) {
    int number = control.get(JAVA_INT, at);
    int origin = control.get(JAVA_BYTE, at + 4);
    drainedLocal |= origin == ORIGIN_LOCAL;
    if (kept == CAPACITY) {
      return;
    }
    PeerError kind =
        kind(
            number,
            origin,
            control.get(JAVA_BYTE, at + 5) & 0xff,
            control.get(JAVA_BYTE, at + 6) & 0xff);
    kinds[kept] = kind;
    details[kept] = kind == PeerError.TOO_BIG ? control.get(JAVA_INT, at + 8) : number;
    highs[kept] = SocketAddress.high(name, 0);
    lows[kept] = SocketAddress.low(name, 0);
    ports[kept] = SocketAddress.port(name, 0);
    locals[kept] = origin == ORIGIN_LOCAL;
    quoted[kept] = quotedBytes;
    kept++;
  }

  private static PeerError kind(int number, int origin, int type, int code) {
    return switch (origin) {
      case ORIGIN_ICMP -> type == 3 ? icmp(code) : PeerError.OTHER;
      case ORIGIN_ICMP6 ->
          type == 2 ? PeerError.TOO_BIG : type == 1 ? icmp6(code) : PeerError.OTHER;
      case ORIGIN_LOCAL ->
          switch (number) {
            case Libc.EMSGSIZE -> PeerError.TOO_BIG;
            case Libc.EHOSTUNREACH -> PeerError.HOST_UNREACHABLE;
            case Libc.ENETUNREACH -> PeerError.NET_UNREACHABLE;
            default -> PeerError.OTHER;
          };
      default -> PeerError.OTHER;
    };
  }

  /** Codes of ICMP destination unreachable (RFC 792, RFC 1812 §5.2.7.1). */
  private static PeerError icmp(int code) {
    return switch (code) {
      case 0, 6, 11 -> PeerError.NET_UNREACHABLE;
      case 1, 7, 8, 12 -> PeerError.HOST_UNREACHABLE;
      case 3 -> PeerError.PORT_UNREACHABLE;
      case 4 -> PeerError.TOO_BIG;
      case 9, 10, 13 -> PeerError.ADMIN_PROHIBITED;
      default -> PeerError.OTHER;
    };
  }

  /** Codes of ICMPv6 destination unreachable (RFC 4443 §3.1). */
  private static PeerError icmp6(int code) {
    return switch (code) {
      case 0 -> PeerError.NET_UNREACHABLE;
      case 1, 5, 6 -> PeerError.ADMIN_PROHIBITED;
      case 3 -> PeerError.HOST_UNREACHABLE;
      case 4 -> PeerError.PORT_UNREACHABLE;
      default -> PeerError.OTHER;
    };
  }

  /** Hands the kept errors to the sink and clears them; returns how many there were in all. */
  int deliver(ErrorSink sink) {
    int total = seen;
    seen = 0;
    int count = kept;
    kept = 0;
    for (int i = 0; i < count; i++) {
      queued.kind = kinds[i];
      queued.local = locals[i];
      queued.high = highs[i];
      queued.low = lows[i];
      queued.port = ports[i];
      queued.detail = details[i];
      queued.quoteOffset = quote(i);
      queued.quoteLength = quoted[i];
      sink.accept(queued);
    }
    return total;
  }
}
