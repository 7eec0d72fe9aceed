/* Reservoir of tests/toy.py in C, with its tangent and its adjoint.

   Arrays are (day, column) by rows, and parameters (column). The water of a day is that at its end.

   outflow = k w (1 + tanh(w)/10) + base,  w' = w + gain inflow (1 + wet) - outflow,
   loss = share outflow
*/
#include <math.h>

static const double START = 1.0;

static double before(const double *water, int columns, int day, int c)
{
    return day ? water[(day - 1) * columns + c] : START;
}

void reservoir_run(int days, int columns, const double *inflow, const double *k,
                   const double *gain, const double *base, const double *wet, const double *share,
                   double *water, double *outflow, double *loss)
{
    for (int day = 0; day < days; day++)
        for (int c = 0; c < columns; c++) {
            int n = day * columns + c;
            double w = before(water, columns, day, c);
            outflow[n] = k[c] * w * (1.0 + 0.1 * tanh(w)) + base[c];
            water[n] = w + gain[c] * inflow[n] * (1.0 + wet[c]) - outflow[n];
            loss[n] = share[c] * outflow[n];
        }
}

void reservoir_tangent(int days, int columns, const double *inflow, const double *k,
                       const double *gain, const double *base, const double *wet,
                       const double *share, const double *water, const double *outflow,
                       const double *k_t, const double *gain_t, const double *base_t,
                       const double *wet_t, const double *share_t, double *water_t,
                       double *outflow_t, double *loss_t)
{
    for (int day = 0; day < days; day++)
        for (int c = 0; c < columns; c++) {
            int n = day * columns + c;
            double w = before(water, columns, day, c), h = tanh(w);
            double w_t = day ? water_t[n - columns] : 0.0;
            double slope = k[c] * (1.0 + 0.1 * h + 0.1 * w * (1.0 - h * h));
            outflow_t[n] = k_t[c] * w * (1.0 + 0.1 * h) + slope * w_t + base_t[c];
            water_t[n] = w_t - outflow_t[n]
                + inflow[n] * (gain_t[c] * (1.0 + wet[c]) + gain[c] * wet_t[c]);
            loss_t[n] = share_t[c] * outflow[n] + share[c] * outflow_t[n];
        }
}

/* `*_b` of fields are weights; `*_b` of parameters are sensitivities, zero at the call. */
void reservoir_adjoint(int days, int columns, const double *inflow, const double *k,
                       const double *gain, const double *base, const double *wet,
                       const double *share, const double *water, const double *outflow,
                       const double *water_b, const double *outflow_b, const double *loss_b,
                       double *k_b, double *gain_b, double *base_b, double *wet_b, double *share_b)
{
    for (int c = 0; c < columns; c++) {
        double after = 0.0; /* of the water at the end of the day, from later days */
        for (int day = days - 1; day >= 0; day--) {
            int n = day * columns + c;
            double w = before(water, columns, day, c), h = tanh(w);
            double slope = k[c] * (1.0 + 0.1 * h + 0.1 * w * (1.0 - h * h));
            double of_water = after + water_b[n];
            double of_outflow = outflow_b[n] + share[c] * loss_b[n] - of_water;
            share_b[c] += outflow[n] * loss_b[n];
            gain_b[c] += inflow[n] * (1.0 + wet[c]) * of_water;
            wet_b[c] += inflow[n] * gain[c] * of_water;
            base_b[c] += of_outflow;
            k_b[c] += w * (1.0 + 0.1 * h) * of_outflow;
            after = of_water + slope * of_outflow;
        }
    }
}
