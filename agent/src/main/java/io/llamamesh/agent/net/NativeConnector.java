package io.llamamesh.agent.net;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Non-blocking sockets of TCP, looked at by {@code ppoll}, and what {@code TCP_INFO} says. */
final class NativeConnector implements TcpConnector {

  /** {@code struct pollfd}: descriptor 4, wanted 2, happened 2. */
  private static final int ENTRY = 8;

  private static final int FIRST = 16;

  /** {@code struct tcp_info}: state 1 …, {@code tcpi_rtt} 4, …, {@code tcpi_total_retrans} 4. */
  private static final int INFO_BYTES = 104;

  private static final int INFO_AT_STATE = 0;
  private static final int INFO_AT_RTT = 68;
  private static final int INFO_AT_RETRANSMITTED = 100;
  private static final int ESTABLISHED = 1;
  private static final long MICRO = 1_000;

  private final MemorySegment errno;
  private final MemorySegment value;
  private final MemorySegment length;
  private final MemorySegment linger;
  private final MemorySegment info;
  private final MemorySegment now;
  private MemorySegment entries;
  private int[] descriptors = new int[FIRST];
  private long[] tokens = new long[FIRST];

  /** Errors that connect(2) itself reported; 0 for none. */
  private int[] errors = new int[FIRST];

  private int open;

  NativeConnector() {
    Arena arena = Arena.ofAuto();
    errno = arena.allocate(Libc.errnoBytes(), 8);
    value = arena.allocate(4, 4);
    length = arena.allocate(4, 4);
    linger = arena.allocate(8, 4);
    linger.set(JAVA_INT, 0, 1); // on, for 0 s: closing resets, and nothing of it is left behind
    info = arena.allocate(INFO_BYTES, 8);
    now = arena.allocate(16, 8);
    entries = arena.allocate((long) ENTRY * FIRST, 8);
  }

  @Override
  public SendResult connect(@Nullable InetAddress local, Remote to, int tos, long token) {
    boolean v6 = !to.isV4();
    int family = v6 ? Libc.AF_INET6 : Libc.AF_INET;
    int fd = Libc.socket(errno, family, Libc.SOCK_STREAM_NONBLOCK_CLOEXEC);
    if (fd < 0) {
      return failure(-fd);
    }
    int result = begin(fd, v6, local, to, tos);
    boolean decided = result == 0 || result == -Libc.ECONNREFUSED;
    if (!decided && result != -Libc.EINPROGRESS) {
      var _ = Libc.close(errno, fd);
      return failure(-result);
    }
    add(fd, token, result == -Libc.ECONNREFUSED ? Libc.ECONNREFUSED : 0);
    return SendResult.SENT;
  }

  private int begin(int fd, boolean v6, @Nullable InetAddress local, Remote to, int tos) {
    var _ = Libc.setsockopt(errno, fd, Libc.SOL_SOCKET, Libc.SO_LINGER, linger, 8);
    if (tos != 0) {
      value.set(JAVA_INT, 0, tos);
      int level = v6 ? Libc.IPPROTO_IPV6 : Libc.IPPROTO_IP;
      var _ = Libc.setsockopt(errno, fd, level, v6 ? Libc.IPV6_TCLASS : Libc.IP_TOS, value, 4);
    }
    if (local != null) {
      value.set(JAVA_INT, 0, 1);
      var _ = Libc.setsockopt(errno, fd, Libc.IPPROTO_IP, Libc.IP_BIND_ADDRESS_NO_PORT, value, 4);
      int bound =
          Libc.bind(
              errno,
              fd,
              SocketAddress.of(new InetSocketAddress(local, 0)),
              SocketAddress.bytes(local));
      if (bound < 0) {
        return bound;
      }
    }
    InetSocketAddress address = to.address();
    return Libc.connect(
        errno, fd, SocketAddress.of(address), SocketAddress.bytes(address.getAddress()));
  }

  private static SendResult failure(int error) {
    return switch (error) {
      case Libc.EMFILE, Libc.ENFILE, Libc.ENOMEM, Libc.ENOBUFS, Libc.EAGAIN, Libc.EADDRINUSE ->
          SendResult.NO_BUFFER;
      case Libc.ENETUNREACH, Libc.EHOSTUNREACH, Libc.EADDRNOTAVAIL -> SendResult.UNREACHABLE;
      case Libc.EPERM, Libc.EACCES -> SendResult.DENIED;
      default -> SendResult.FAILED;
    };
  }

  private void add(int fd, long token, int error) {
    if (open == descriptors.length) {
      descriptors = Arrays.copyOf(descriptors, 2 * open);
      tokens = Arrays.copyOf(tokens, 2 * open);
      errors = Arrays.copyOf(errors, 2 * open);
      entries = Arena.ofAuto().allocate((long) ENTRY * 2 * open, 8);
    }
    descriptors[open] = fd;
    tokens[open] = token;
    errors[open] = error;
    open++;
  }

  @Override
  public void poll(Sink sink) {
    if (open == 0) {
      return;
    }
    for (int i = 0; i < open; i++) {
      long at = (long) ENTRY * i;
      entries.set(JAVA_INT, at, descriptors[i]);
      entries.set(JAVA_SHORT, at + 4, Libc.POLLOUT);
      entries.set(JAVA_SHORT, at + 6, (short) 0);
    }
    now.set(JAVA_LONG, 0, 0);
    now.set(JAVA_LONG, 8, 0);
    int ready = Libc.ppoll(errno, entries, open, now);
    // From the end, since what is decided makes room for the last one.
    for (int i = open - 1; i >= 0; i--) {
      boolean happened = ready > 0 && entries.get(JAVA_SHORT, (long) ENTRY * i + 6) != 0;
      if (happened || errors[i] != 0) {
        decide(i, sink);
      }
    }
  }

  private void decide(int i, Sink sink) {
    int fd = descriptors[i];
    long token = tokens[i];
    int error = errors[i] == 0 ? pendingError(fd) : errors[i];
    length.set(JAVA_INT, 0, INFO_BYTES);
    boolean known =
        Libc.getsockopt(errno, fd, Libc.IPPROTO_TCP, Libc.TCP_INFO, info, length) == 0
            && length.get(JAVA_INT, 0) >= INFO_BYTES;
    boolean resent = known && info.get(JAVA_INT, INFO_AT_RETRANSMITTED) != 0;
    boolean timed = known && !resent && info.get(JAVA_BYTE, INFO_AT_STATE) == ESTABLISHED;
    long rtt = timed ? (info.get(JAVA_INT, INFO_AT_RTT) & 0xffff_ffffL) * MICRO : 0;
    remove(i);
    switch (error) {
      case 0 -> sink.decided(token, Result.CONNECTED, null, rtt, resent);
      case Libc.ECONNREFUSED -> sink.decided(token, Result.REFUSED, null, 0, resent);
      default -> sink.decided(token, Result.UNREACHABLE, kind(error), 0, resent);
    }
  }

  private int pendingError(int fd) {
    length.set(JAVA_INT, 0, 4);
    int result = Libc.getsockopt(errno, fd, Libc.SOL_SOCKET, Libc.SO_ERROR, value, length);
    return result < 0 ? -result : value.get(JAVA_INT, 0);
  }

  private static PeerError kind(int error) {
    return switch (error) {
      case Libc.EHOSTUNREACH -> PeerError.HOST_UNREACHABLE;
      case Libc.ENETUNREACH -> PeerError.NET_UNREACHABLE;
      case Libc.EACCES, Libc.EPERM -> PeerError.ADMIN_PROHIBITED;
      default -> PeerError.OTHER;
    };
  }

  private void remove(int i) {
    var _ = Libc.close(errno, descriptors[i]);
    open--;
    descriptors[i] = descriptors[open];
    tokens[i] = tokens[open];
    errors[i] = errors[open];
  }

  @Override
  public void cancel(long token) {
    for (int i = 0; i < open; i++) {
      if (tokens[i] == token) {
        remove(i);
        return;
      }
    }
  }

  @Override
  public int open() {
    return open;
  }

  @Override
  public void close() {
    while (open > 0) {
      remove(open - 1);
    }
  }
}
