package io.llamamesh.agent.net;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The system calls that we need, each returning what it returns, or the negated {@code errno}.
 * Sizes and numbers are those of 64-bit little-endian Linux, which x86-64 and aarch64 share.
 */
final class Libc {

  static final int EPERM = 1;
  static final int EINTR = 4;
  static final int EAGAIN = 11;
  static final int ENOMEM = 12;
  static final int EACCES = 13;
  static final int ENFILE = 23;
  static final int EMFILE = 24;
  static final int EMSGSIZE = 90;
  static final int EADDRINUSE = 98;
  static final int EADDRNOTAVAIL = 99;
  static final int ENETUNREACH = 101;
  static final int ENOBUFS = 105;
  static final int ECONNREFUSED = 111;
  static final int EHOSTUNREACH = 113;
  static final int EINPROGRESS = 115;

  static final int AF_INET = 2;
  static final int AF_INET6 = 10;
  static final int SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0x800 | 0x80000;
  static final int SOCK_STREAM_NONBLOCK_CLOEXEC = 1 | 0x800 | 0x80000;
  static final int MSG_TRUNC = 0x20;
  static final int MSG_DONTWAIT = 0x40;
  static final int MSG_ERRQUEUE = 0x2000;

  static final int SOL_SOCKET = 1;
  static final int SO_ERROR = 4;
  static final int SO_SNDBUF = 7;
  static final int SO_RCVBUF = 8;
  static final int SO_LINGER = 13;
  static final int SO_REUSEPORT = 15;
  static final int SO_SNDBUFFORCE = 32;
  static final int SO_RCVBUFFORCE = 33;
  static final int SO_TIMESTAMPNS = 35;
  static final int SO_RXQ_OVFL = 40;
  static final int SO_MEMINFO = 55;

  static final int IPPROTO_IP = 0;
  static final int IPPROTO_ICMP = 1;
  static final int IPPROTO_TCP = 6;
  static final int IPPROTO_ICMPV6 = 58;
  static final int TCP_INFO = 11;
  static final int IP_TOS = 1;
  static final int IP_PKTINFO = 8;
  static final int IP_MTU_DISCOVER = 10;
  static final int IP_RECVERR = 11;
  static final int IP_RECVTOS = 13;

  /** Leaves the choice of a source port to connect(2), which may use one port for several peers. */
  static final int IP_BIND_ADDRESS_NO_PORT = 24;

  /** Never sets DF. */
  static final int PMTUDISC_DONT = 0;

  /**
   * Always sets DF, and refuses only what is longer than the interface's MTU: a cached path MTU may
   * be forged (ip(7), RFC 4821 probing).
   */
  static final int PMTUDISC_PROBE = 3;

  static final int IPPROTO_IPV6 = 41;
  static final int IPV6_MTU_DISCOVER = 23;
  static final int IPV6_RECVERR = 25;
  static final int IPV6_V6ONLY = 26;
  static final int IPV6_RECVPKTINFO = 49;
  static final int IPV6_PKTINFO = 50;
  static final int IPV6_DONTFRAG = 62;
  static final int IPV6_RECVTCLASS = 66;
  static final int IPV6_TCLASS = 67;

  static final int EVENTFD_NONBLOCK_CLOEXEC = 0x800 | 0x80000;
  static final short POLLIN = 1;
  static final short POLLOUT = 4;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");

  private static final MethodHandle SOCKET = link("socket", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle BIND = link("bind", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle CONNECT = link("connect", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle NAME = link("getsockname", JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle SET =
      link("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle GET =
      link("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle RECVMMSG =
      link("recvmmsg", JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle SENDMSG = linkLong("sendmsg", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle RECVMSG = linkLong("recvmsg", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle PPOLL = link("ppoll", ADDRESS, JAVA_LONG, ADDRESS, ADDRESS);
  private static final MethodHandle EVENTFD = link("eventfd", JAVA_INT, JAVA_INT);
  private static final MethodHandle READ = linkLong("read", JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle WRITE = linkLong("write", JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle CLOSE = link("close", JAVA_INT);
  private static final MethodHandle CLOCK =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("clock_gettime"),
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS),
          // Never blocks: no need to let the garbage collector in.
          Linker.Option.critical(false));

  private Libc() {}

  private static MethodHandle link(String name, java.lang.foreign.MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(JAVA_INT, arguments),
        ERRNO);
  }

  private static MethodHandle linkLong(String name, java.lang.foreign.MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(JAVA_LONG, arguments),
        ERRNO);
  }

  /** Bytes that the first argument of the calls must have room for: where {@code errno} goes. */
  static long errnoBytes() {
    return Linker.Option.captureStateLayout().byteSize();
  }

  private static int result(long result, MemorySegment errno) {
    return result >= 0 ? (int) result : -errno.get(JAVA_INT, 0);
  }

  static int socket(MemorySegment errno, int family, int type) {
    return socket(errno, family, type, 0);
  }

  static int socket(MemorySegment errno, int family, int type, int protocol) {
    try {
      return result((int) SOCKET.invokeExact(errno, family, type, protocol), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int connect(MemorySegment errno, int fd, MemorySegment address, int length) {
    try {
      return result((int) CONNECT.invokeExact(errno, fd, address, length), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int bind(MemorySegment errno, int fd, MemorySegment address, int length) {
    try {
      return result((int) BIND.invokeExact(errno, fd, address, length), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int getsockname(MemorySegment errno, int fd, MemorySegment address, MemorySegment length) {
    try {
      return result((int) NAME.invokeExact(errno, fd, address, length), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int setsockopt(
      MemorySegment errno, int fd, int level, int option, MemorySegment value, int length) {
    try {
      return result((int) SET.invokeExact(errno, fd, level, option, value, length), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int getsockopt(
      MemorySegment errno,
      int fd,
      int level,
      int option,
      MemorySegment value,
      MemorySegment length) {
    try {
      return result((int) GET.invokeExact(errno, fd, level, option, value, length), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int recvmmsg(MemorySegment errno, int fd, MemorySegment messages, int count) {
    try {
      return result(
          (int) RECVMMSG.invokeExact(errno, fd, messages, count, MSG_DONTWAIT, MemorySegment.NULL),
          errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int sendmsg(MemorySegment errno, int fd, MemorySegment message) {
    try {
      return result((long) SENDMSG.invokeExact(errno, fd, message, MSG_DONTWAIT), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int recvmsg(MemorySegment errno, int fd, MemorySegment message, int flags) {
    try {
      return result((long) RECVMSG.invokeExact(errno, fd, message, flags), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int ppoll(MemorySegment errno, MemorySegment fds, long count, MemorySegment timeout) {
    try {
      return result((int) PPOLL.invokeExact(errno, fds, count, timeout, MemorySegment.NULL), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int eventfd(MemorySegment errno) {
    try {
      return result((int) EVENTFD.invokeExact(errno, 0, EVENTFD_NONBLOCK_CLOEXEC), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int read(MemorySegment errno, int fd, MemorySegment to, long length) {
    try {
      return result((long) READ.invokeExact(errno, fd, to, length), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int write(MemorySegment errno, int fd, MemorySegment from, long length) {
    try {
      return result((long) WRITE.invokeExact(errno, fd, from, length), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int close(MemorySegment errno, int fd) {
    try {
      return result((int) CLOSE.invokeExact(errno, fd), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Reads {@code CLOCK_REALTIME} into two longs: seconds and nanoseconds. */
  static void realtime(MemorySegment timespec) {
    try {
      int result = (int) CLOCK.invokeExact(0, timespec);
      if (result != 0) {
        throw new IllegalStateException("there is no CLOCK_REALTIME");
      }
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  private static RuntimeException unexpected(Throwable t) {
    if (t instanceof Error error) {
      throw error;
    }
    return t instanceof RuntimeException e ? e : new IllegalStateException(t);
  }
}
