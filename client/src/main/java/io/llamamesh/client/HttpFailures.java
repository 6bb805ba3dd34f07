package io.llamamesh.client;

import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import org.jspecify.annotations.Nullable;

/** Words for the failures of the JDK's HTTP client, whose own messages are often null. */
public final class HttpFailures {
  private HttpFailures() {}

  /** A few words for people, without the server's name. */
  public static String describe(Throwable failure) {
    if (isUnresolved(failure)) {
      return "host name does not resolve";
    }
    if (failure instanceof HttpTimeoutException) {
      return "no answer in time";
    }
    if (failure instanceof ConnectException || failure instanceof ClosedChannelException) {
      return "connection refused or unreachable";
    }
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }

  private static boolean isUnresolved(@Nullable Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < 5; depth++) {
      if (cause instanceof UnresolvedAddressException) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }
}
