package io.llamamesh.testkit;

import java.nio.file.Path;

/** The text of a kubeconfig with one cluster and one user. */
final class Kubeconfig {
  private Kubeconfig() {}

  static String of(String server, Path authority, String token) {
    return """
    apiVersion: v1
    kind: Config
    clusters: [{name: test, cluster: {server: "%s", certificate-authority: "%s"}}]
    users: [{name: test, user: {token: "%s"}}]
    contexts: [{name: test, context: {cluster: test, user: test}}]
    current-context: test
    """
        .formatted(server, authority.toAbsolutePath(), token);
  }
}
