package io.llamamesh.agent.kube;

import java.io.IOException;

/** The version to go on from is no longer kept by the API: list again (410). */
final class GoneException extends IOException {
  private static final long serialVersionUID = 1;

  GoneException() {
    super("the API no longer keeps this version");
  }
}
