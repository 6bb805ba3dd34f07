package io.llamamesh.operator.main;

import io.fabric8.kubernetes.client.KubernetesClientException;

/** Says in one line why the operator does not run, and what to do. */
final class Problems {
  private Problems() {}

  static String oneLine(Throwable problem) {
    for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
      if (cause instanceof KubernetesClientException k) {
        if (k.getCode() <= 0) {
          return "the API server cannot be reached: "
              + root(k)
              + "; check KUBECONFIG or run inside a cluster";
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

  private static String root(Throwable problem) {
    Throwable cause = problem;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null
        ? cause.getClass().getSimpleName()
        : cause.getClass().getSimpleName() + ": " + cause.getMessage();
  }
}
