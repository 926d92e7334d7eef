// SPDX-License-Identifier: MIT
void main(void);

void main(void)
{
}
