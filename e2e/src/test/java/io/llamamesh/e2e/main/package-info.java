@NullMarked
package io.llamamesh.e2e.main;

import org.jspecify.annotations.NullMarked;
