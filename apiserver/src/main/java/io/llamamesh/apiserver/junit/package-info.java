/**
 * The stand-in, or a real cluster, for tests of other modules. The one package here that may use
 * JUnit and read the environment (KUBECONFIG); no other package may import it.
 */
@NullMarked
package io.llamamesh.apiserver.junit;

import org.jspecify.annotations.NullMarked;
