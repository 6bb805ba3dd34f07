package io.llamamesh.operator.main;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;

/** Says in one line why the operator does not run, and what to do. */
final class Problems {
  private Problems() {}

  static String oneLine(Throwable problem) {
    for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
      if (cause instanceof KubernetesClientException k) {
        if (k.getCode() <= 0) {
          return unreachable("of the kubeconfig", k);
        }
        return switch (k.getCode()) {
          case 401 -> "the API server does not know us: check the kubeconfig or ServiceAccount";
          case 403 -> "a right is missing: " + k.getMessage();
          case 404 ->
              "llamameshes.llamamesh.io is unknown to the API server: install the CRD first"
                  + " (kubectl apply --server-side -f crds/llamameshes.llamamesh.io-v1.yaml)";
          default -> String.valueOf(k.getMessage());
        };
      }
    }
    return problem.getMessage() == null ? root(problem) : problem.getMessage();
  }

  /** The same for a server whose address is known. */
  static String unreachable(String server, Throwable problem) {
    return "the API server "
        + server
        + " cannot be reached: "
        + root(problem)
        + "; check KUBECONFIG or run inside a cluster";
  }

  /** The JDK's client leaves the plainest causes without a word. */
  private static String root(Throwable problem) {
    Throwable root = problem;
    for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case UnresolvedAddressException e -> {
          return "its name is unknown";
        }
        case HttpTimeoutException e -> {
          return "no answer in time";
        }
        case ConnectException e when e.getCause() instanceof ClosedChannelException -> {
          return "connection refused";
        }
        default -> root = cause;
      }
    }
    return root.getMessage() == null
        ? root.getClass().getSimpleName()
        : root.getClass().getSimpleName() + ": " + root.getMessage();
  }
}
